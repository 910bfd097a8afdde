//! Names, conditions and cycles (LIF-010 to LIF-024).

use proptest::prelude::*;

use super::*;
use crate::config::testing::Place;

/// Programs with their options, in words: `a: depends_on=b; type=oneshot`.
fn programs(words: &[&str]) -> String {
    let section = |words: &&str| {
        let (name, options) = words.split_once(':').unwrap_or((words, ""));
        let options = options.replace("; ", "\n");
        format!("[program:{name}]\ncommand=x\n{}\n", options.trim())
    };
    words.iter().map(section).collect()
}

/// What a process depends on.
fn depends(text: &str, name: &str) -> Vec<Dependency> {
    let config = Place::new().load_more(text).unwrap();
    let mut processes = config.groups.iter().flat_map(|group| &group.processes);
    let process = processes.find(|process| process.name == name).unwrap();
    let life = process.policy.lifecycle.as_ref();
    life.map(|life| life.depends_on.clone()).unwrap_or_default()
}

fn program(name: &str, conditions: &[Condition]) -> Dependency {
    Dependency {
        whom: Whom::Program(name.into()),
        conditions: conditions.to_vec(),
    }
}

fn process(group: &str, name: &str, condition: Condition) -> Dependency {
    Dependency {
        whom: Whom::Process {
            group: group.into(),
            name: name.into(),
        },
        conditions: vec![condition],
    }
}

#[test]
fn items_and_their_conditions() {
    use Condition::{Ended, Exited, Healthy, Running, Started};
    let rest = "[program:db]\ncommand=x\nreadiness_check_script=true\n[program:job]\ncommand=x\ntype=oneshot\n\
                [program:running]\ncommand=x\n[group:g]\nprograms=running\n\
                [program:pool]\ncommand=x\nnumprocs=2\nprocess_name=%(process_num)d\n";
    let group = |condition| Dependency {
        whom: Whom::Group("g".into()),
        conditions: vec![condition],
    };
    let table = [
        ("db", vec![program("db", &[Running])]),
        ("db:STARTED", vec![program("db", &[Started])]),
        (
            "db:healthy,job",
            vec![program("db", &[Healthy]), program("job", &[Exited])],
        ),
        (
            "job:ended\n pool",
            vec![program("job", &[Ended]), program("pool", &[Running])],
        ),
        ("pool:1", vec![process("pool", "1", Running)]),
        ("pool:1:exited", vec![process("pool", "1", Exited)]),
        ("g", vec![group(Running)]),
        ("g:*:ended", vec![group(Ended)]),
        // a condition's name wins over a process of that name (LIF-011)
        ("g:running", vec![group(Running)]),
        ("g:running:running", vec![process("g", "running", Running)]),
        // of a program and a group with one name the program counts; its own group is `pool:*` (LIF-012)
        (
            "pool:*",
            vec![Dependency {
                whom: Whom::Group("pool".into()),
                conditions: vec![Running],
            }],
        ),
    ];
    for (text, want) in table {
        let config = format!("{rest}[program:web]\ncommand=x\ndepends_on={text}\n");
        assert_eq!(depends(&config, "web"), want, "{text}");
    }
}

#[test]
fn copies_depend_on_copies() {
    // LIF-015
    let text = "[program:db]\ncommand=x\nnumprocs=2\nprocess_name=db_%(process_num)02d\n\
                [program:web]\ncommand=x\nnumprocs=2\nprocess_name=web_%(process_num)02d\n\
                depends_on=%(group_name)s:db_%(process_num)02d\n[group:g]\nprograms=db,web\n";
    assert_eq!(
        depends(text, "web_01"),
        [process("g", "db_01", Condition::Running)]
    );
}

#[test]
fn mixed_groups_have_a_default_for_each() {
    let text = "[program:job]\ncommand=x\ntype=oneshot\n[program:db]\ncommand=x\n[group:g]\nprograms=job,db\n\
                [program:web]\ncommand=x\ndepends_on=g\n";
    let want = [
        process("g", "db", Condition::Running),
        process("g", "job", Condition::Exited),
    ];
    let mut got = depends(text, "web");
    got.sort_by(|a, b| a.whom.cmp(&b.whom));
    assert_eq!(got, want);
}

#[test]
fn what_is_refused() {
    let table = [
        (
            vec!["database:", "web: depends_on=databse"],
            "invalid 'depends_on' value 'databse': no program, group or process 'databse'; did you mean 'database'? \
             in section 'program:web' (file: 's.conf')",
        ),
        (
            vec!["web: depends_on=nowhere:x"],
            "invalid 'depends_on' value 'nowhere:x': no program, group or process 'nowhere' in section 'program:web' \
             (file: 's.conf')",
        ),
        (
            vec!["db:", "web: depends_on=db:up"],
            "invalid 'depends_on' value 'db:up': no process 'up' in group 'db', and no condition of that name; \
             conditions are started, running, healthy, exited, ended in section 'program:web' (file: 's.conf')",
        ),
        (
            vec!["db:", "web: depends_on=db:db:up"],
            "invalid 'depends_on' value 'db:db:up': no condition 'up'; conditions are started, running, healthy, \
             exited, ended in section 'program:web' (file: 's.conf')",
        ),
        (
            vec!["db:", "web: depends_on=db::x"],
            "invalid 'depends_on' value 'db::x': not a name, name:condition or group:process:condition in section \
             'program:web' (file: 's.conf')",
        ),
        (
            vec!["job: type=oneshot", "web: depends_on=job:running"],
            "invalid 'depends_on' value 'job:running': 'job' is a oneshot; conditions are started, exited, ended in \
             section 'program:web' (file: 's.conf')",
        ),
        (
            vec!["db:", "web: depends_on=db:healthy"],
            "invalid 'depends_on' value 'db:healthy': 'db' has nothing that tells its health (readiness_check_script, \
             liveness_check_script, type=notify or ready_log_line) in section 'program:web' (file: 's.conf')",
        ),
        (
            vec!["db:", "web: depends_on=db; dependent_startup_wait_for=db"],
            "invalid 'dependent_startup_wait_for' value 'db': is an alias of depends_on, which is set too in section \
             'program:web' (file: 's.conf')",
        ),
        (
            vec![
                "db: depends_on=cache",
                "cache: depends_on=web",
                "web: depends_on=db",
            ],
            "dependency cycle: cache -> web -> db -> cache in section 'program:cache' (file: 's.conf')",
        ),
        (
            vec!["a: depends_on=a:ended"],
            "dependency cycle: a -> a in section 'program:a' (file: 's.conf')",
        ),
        // whatever the conditions (LIF-363)
        (
            vec!["a: depends_on=b:started", "b: depends_on=a:ended"],
            "dependency cycle: a -> b -> a in section 'program:a' (file: 's.conf')",
        ),
        // the priority comes first
        (
            vec!["a: depends_on=b; priority=2", "b: depends_on=a; priority=1"],
            "dependency cycle: b -> a -> b in section 'program:b' (file: 's.conf')",
        ),
        // a member that depends on its own group
        (
            vec!["a: depends_on=g:*", "b:\n[group:g]\nprograms=a,b"],
            "dependency cycle: g:a -> g:a in section 'program:a' (file: 's.conf')",
        ),
    ];
    for (words, want) in table {
        let error = Place::new().whole_error(&programs(&words));
        assert_eq!(error, want, "{words:?}");
    }
}

/// The lines of level WARN that a text gives, and what web depends on.
fn lenient(words: &[&str]) -> (Vec<String>, Vec<Dependency>) {
    let text = programs(words);
    let config = Place::new().load_more(&text).unwrap();
    let lines = config.notices.into_iter().map(|notice| notice.text);
    (lines.collect(), depends(&text, "web"))
}

#[test]
fn the_alias_of_the_plug_in() {
    // LIF-023
    use Condition::{Ended, Running, Started};
    let good = [
        ("db", vec![program("db", &[Running])]),
        (
            "db:running job:exited",
            vec![program("db", &[Running]), program("job", &[Ended])],
        ),
        (
            "db:starting,exited,fatal",
            vec![program("db", &[Started, Ended])],
        ),
    ];
    for (text, want) in good {
        let web = format!("web: dependent_startup_wait_for={text}");
        assert_eq!(lenient(&["db:", "job:", &web]), (vec![], want), "{text}");
    }
    let bad = [
        (
            "db nosuch",
            "'nosuch': no program, group or process 'nosuch'",
        ),
        (
            "db db:fatal",
            "'db:fatal': allowed are running, starting, exited",
        ),
        (
            "db db:backoff",
            "'db:backoff': allowed are running, starting, exited",
        ),
        ("db web", "dependency cycle: web -> web"),
    ];
    for (text, want) in bad {
        let web = format!("web: dependent_startup_wait_for={text}");
        let (lines, left) = lenient(&["db:", &web]);
        assert!(
            lines.len() == 1 && lines[0].contains(want),
            "{text}: {lines:?}"
        );
        assert_eq!(left, [program("db", &[Running])], "{text}");
    }
    // a cycle is opened where the alias closes it
    let (lines, left) = lenient(&["db: depends_on=web", "web: dependent_startup_wait_for=db"]);
    assert_eq!((lines.len(), left), (1, vec![]));
}

#[test]
fn dependent_startup_is_autostart() {
    // LIF-024
    let place = Place::new();
    let text = programs(&["web: autostart=false; dependent_startup=true"]);
    let config = place.load_more(&text).unwrap();
    let policy = &config.groups[0].processes[0].policy;
    assert!(policy.autostart && !policy.shown_autostart());
}

#[test]
fn a_long_chain_and_a_wide_one() {
    // LIF-007
    let sections = |count, of: fn(usize) -> String| {
        let texts: Vec<String> = (0..count).map(of).collect();
        texts.concat()
    };
    let chain = sections(3_000, |n| {
        let next = (n + 1) % 3_000;
        format!("[program:p{n:04}]\ncommand=x\ndepends_on=p{next:04}\n")
    });
    let error = Place::new().whole_error(&chain);
    assert!(error.starts_with("dependency cycle: p0000 -> p0001 -> p0002 -> "));
    let wide = sections(1_000, |n| {
        format!("[program:p{n}]\ncommand=x\ndepends_on=pool\n")
    });
    let pool = "[program:pool]\ncommand=x\nnumprocs=1000\nprocess_name=%(process_num)d\n";
    let config = Place::new().load_more(&(wide + pool)).unwrap();
    assert_eq!(config.groups.len(), 1_001);
}

proptest! {
    /// A graph has a cycle if and only if taking away those who depend on nothing that is left leaves something.
    #[test]
    fn cycles(edges in proptest::collection::vec((0usize..8, 0usize..8), 0..14)) {
        let mut graph = Graph::new(&[0, 1, 2, 3, 4, 5, 6, 7]);
        for (from, to) in &edges {
            graph.connect(Some(*from), Targets { set: None, places: &[*to] }, 0);
        }
        let mut left: Vec<usize> = (0..8).collect();
        loop {
            let stays = |node: &usize| edges.iter().any(|(from, to)| from == node && left.contains(to));
            let next: Vec<usize> = left.iter().copied().filter(stays).collect();
            if next.len() == left.len() {
                break;
            }
            left = next;
        }
        let cycle = graph.cycle();
        prop_assert_eq!(cycle.is_some(), !left.is_empty());
        if let Some(cycle) = cycle {
            prop_assert_eq!(cycle.nodes.first(), cycle.nodes.last());
            prop_assert!(cycle.nodes.windows(2).all(|step| edges.contains(&(step[0], step[1]))));
            let (first, rest) = cycle.nodes.split_first().expect("nodes");
            prop_assert!(rest.iter().all(|node| node >= first));
        }
    }

    #[test]
    fn any_item(text in "[a-z:*,. ]{0,20}") {
        for item in items(&text) {
            let _ = (item::parse(item), item::parse_alias(item));
        }
    }
}
