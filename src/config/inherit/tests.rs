//! Defaults, extending, groups (LIF-310 to LIF-314).

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::config::testing::Place;
use crate::process::policy::ProcessConfig;

fn processes(text: &str) -> BTreeMap<String, Rc<ProcessConfig>> {
    let config = Place::new().load_more(text);
    let config = config.unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(config.notices, [], "{text}");
    let groups = config.groups.into_iter();
    let processes = groups.flat_map(|group| group.processes);
    processes
        .map(|process| (process.name.clone(), process))
        .collect()
}

fn environment(process: &ProcessConfig) -> Vec<String> {
    let pairs = process.environment.iter();
    pairs
        .map(|(name, value)| format!("{name}={value}"))
        .collect()
}

#[test]
fn the_nearest_section_counts() {
    // story 15
    let text = "[program-default]\nstopwaitsecs=3\nenvironment=A=\"1\",B=\"1\"\n\
                [group:g]\nprograms=x,y\nstopwaitsecs=4\n[program:x]\ncommand=a\n\
                [program:y]\ncommand=a\nstopwaitsecs=5\n\
                [program:z]\ncommand=a\nenvironment=B=\"2\"\n\
                [fcgi-program:f]\ncommand=a\nsocket=tcp://h:1\n\
                [eventlistener:l]\ncommand=a\nevents=TICK_5\n";
    let all = processes(text);
    let waits = ["x", "y", "z", "f", "l"].map(|name| all[name].policy.stopwaitsecs);
    assert_eq!(waits, [4, 5, 3, 3, 10]);
    assert_eq!(environment(&all["z"]), ["A=1", "B=2"]);
    assert_eq!(environment(&all["x"]), ["A=1", "B=1"]);
    assert_eq!(environment(&all["l"]), [""; 0]);
}

#[test]
fn extending_goes_in_steps() {
    let text = "[program-default]\nstartsecs=1\ncommand=default %(program_name)s\npriority=7\n\
                [program-default:web]\nextends=base\nstartsecs=2\nenvironment=A=\"web\",B=\"web\"\n\
                [program:base]\nstartsecs=3\nstopwaitsecs=3\nautostart=false\nenvironment=A=\"base\",C=\"base\"\n\
                [program:x]\nextends=web\nenvironment=B=\"x\"\n";
    let all = processes(text);
    let x = &all["x"];
    assert_eq!((x.policy.startsecs, x.policy.stopwaitsecs), (2, 3));
    assert!(!x.policy.autostart);
    // expanded where it is used (LIF-314)
    assert_eq!(x.command, "default x");
    assert_eq!(x.priority, 7);
    assert_eq!(environment(x), ["A=web", "B=x", "C=base"]);
    // [DEFAULT] comes behind all of them
    let text = "[DEFAULT]\nstartsecs=9\nstopwaitsecs=9\n[program-default]\nstartsecs=2\n[program:x]\ncommand=a\n";
    let policy = &processes(text)["x"].policy;
    assert_eq!((policy.startsecs, policy.stopwaitsecs), (2, 9));
}

#[test]
fn listeners_have_their_own() {
    let text = "[eventlistener-default]\nbuffer_size=50\npriority=5\nevents=TICK_5\n[eventlistener:l]\ncommand=a\n";
    let config = Place::new().load_more(text).expect("a configuration");
    assert_eq!(config.groups[0].priority, 5);
    assert!(config.groups[0].has_listeners());
}

#[test]
fn what_is_not_for_a_default_is_left_alone() {
    // a period without a script says nothing, a check for a job neither
    let text = "[program-default]\nliveness_check_period=5\nstartwaitsecs=5\nautorestart=true\n\
                [program:a]\ncommand=a\n[program:b]\ncommand=b\ntype=oneshot\n\
                [program:c]\ncommand=c\nliveness_check_script=x\n";
    let all = processes(text);
    assert_eq!(all["a"].policy.lifecycle, None);
    let check = all["c"]
        .policy
        .lifecycle
        .as_ref()
        .and_then(|life| life.liveness_check.clone());
    assert_eq!(check.map(|check| check.period.as_secs()), Some(5));
}

#[test]
fn what_is_refused() {
    let table = [
        (
            "[program:x]\ncommand=a\nextends=nosuch\n",
            "invalid 'extends' value 'nosuch': no section [program-default:nosuch] or [program:nosuch] in section \
             'program:x' (file: 's.conf')",
        ),
        (
            "[program:a]\ncommand=a\nextends=b\n[program:b]\ncommand=a\nextends=a\n",
            "extends goes in a circle: a -> b -> a in section 'program:b' (file: 's.conf')",
        ),
        (
            "[program:a]\ncommand=a\nextends=b\n[program-default:b]\nextends=b\n",
            "extends goes in a circle: b -> b in section 'program-default:b' (file: 's.conf')",
        ),
        (
            "[group:g]\nprograms=a\nnumprocs=2\n[program:a]\ncommand=a\n",
            "invalid 'numprocs' value '2': not in a group in section 'group:g' (file: 's.conf')",
        ),
        (
            "[program-default]\nstartdelay=x\n[program:a]\ncommand=a\n",
            "invalid 'startdelay' value 'x': not a time; write seconds or a number with ms, s, m, h or d in section \
             'program-default' (file: 's.conf')",
        ),
        (
            "[program-default]\nenvironment=A\n[program:a]\ncommand=a\nenvironment=B=\"1\"\n",
            "Unexpected end of key/value pairs in value 'A' for option 'environment' in section 'program-default' \
             (file: 's.conf', line 3)",
        ),
    ];
    for (text, want) in table {
        let error = Place::new().whole_error(text);
        assert!(error.starts_with(want), "{text}: {error}");
    }
}

#[test]
fn mistakes_are_told_there_too() {
    let text = "[program-default]\nautostrat=1\n[program-default:x]\nfoo=1\n[group:g]\nprograms=a\nautostrat=1\n\
                [program:a]\ncommand=a\n";
    let config = Place::new().load_more(text).expect("a configuration");
    let lines: Vec<&str> = config
        .notices
        .iter()
        .map(|notice| notice.text.as_str())
        .collect();
    let want = [
        "In s.conf, line 3, option autostrat of [program-default] is unknown and ignored; did you mean autostart?",
        "In s.conf, line 5, option foo of [program-default:x] is unknown and ignored",
        "In s.conf, line 8, option autostrat of [group:g] is unknown and ignored; did you mean autostart?",
    ];
    assert_eq!(lines, want);
}
