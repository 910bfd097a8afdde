//! Changes between two readings: what counts as one.

use super::*;
use crate::config::GroupConfig;
use crate::config::testing::Place;

fn groups(place: &Place, text: &str) -> Vec<GroupConfig> {
    place.load_more(text).unwrap().groups
}

fn difference(place: &Place, old: &str, new: &str) -> Changes {
    let (old, new) = (groups(place, old), groups(place, new));
    let active: Vec<&GroupConfig> = old.iter().collect();
    changes(&new, &active)
}

#[test]
fn added_changed_removed() {
    let place = Place::new();
    let old = "[program:a]\ncommand=1\n[program:b]\ncommand=1\n[program:c]\ncommand=1\n";
    let new = "[program:z]\ncommand=1\npriority=1\n[program:d]\ncommand=1\n[program:b]\ncommand=2\n\
               [program:c]\ncommand=1\n";
    let want = Changes {
        added: vec!["z".into(), "d".into()],
        changed: vec!["b".into()],
        removed: vec!["a".into()],
    };
    assert_eq!(difference(&place, old, new), want);
    assert_eq!(difference(&place, old, old), Changes::default());
    // CFG-230
    let grouped = format!("{old}[group:g]\nprograms=a,c\n");
    let moved = difference(&place, old, &grouped);
    assert_eq!(
        (moved.added, moved.removed),
        (vec!["g".into()], vec!["a".into(), "c".into()])
    );
}

#[test]
fn what_counts_in_a_program() {
    let place = Place::new();
    let table = [
        // options of the old and the new program, and whether it changed
        ("", "priority=999", false),
        ("", "; only a comment", false),
        ("stopsignal=15", "stopsignal=TERM", false),
        ("directory=%(here)s", "directory=/%(here)s/..", true),
        ("", "priority=1", true),
        ("", "autorestart=true", true),
        ("", "exitcodes=0,1", true),
        ("", "environment=A=1", true),
        ("environment=A=1", "environment=A='1'", false),
        ("", "serverurl=x", true),
        ("", "umask=022", true),
        ("", "user=web", true),
        ("", "stderr_events_enabled=true", true),
        ("", "stdout_logfile_backups=3", true),
        // LIF-022
        ("", "type=oneshot", true),
        ("", "restartpause=1", true),
        ("", "stopsignal=TERM INT", true),
        ("", "startretries=unlimited", true),
        ("", "pre_start_hook=true", true),
        ("", "cron=@daily", true),
        ("", "liveness_check_script=true", true),
        ("cron=@daily", "cron=@hourly", true),
        ("", "restartpause=0", false),
        ("restartpause=1", "restartpause=1000ms", false),
        // CFG-228
        ("stdout_logfile=/tmp/x", "stdout_logfile=AUTO", false),
        ("stdout_logfile=NONE", "stdout_logfile=AUTO", false),
        ("stdout_logfile=AUTO", "stdout_logfile=/tmp/x", true),
        ("stdout_logfile=AUTO", "stdout_logfile=NONE", true),
        ("stdout_logfile=/tmp/x", "stdout_logfile=/tmp/y", true),
        ("stderr_logfile=/tmp/x", "stderr_logfile=NONE", true),
        (
            "numprocs=2\nprocess_name=%(process_num)d",
            "numprocs=1\nprocess_name=%(process_num)d",
            true,
        ),
    ];
    for (old, new, changed) in table {
        let head = "[program:x]\ncommand=1\n";
        let changes = difference(&place, &format!("{head}{old}"), &format!("{head}{new}"));
        assert_eq!(!changes.changed.is_empty(), changed, "{old} -> {new}");
    }
    // CFG-229
    let all = difference(
        &place,
        "[program:x]\ncommand=1",
        "environment=A=1\n[program:x]\ncommand=1",
    );
    assert_eq!(all.changed, ["x"]);
}

#[test]
fn what_counts_in_pools_and_sockets() {
    let place = Place::new();
    let table = [
        (
            "[eventlistener:x]\nevents=TICK",
            "[eventlistener:x]\nevents=TICK,TICK",
            false,
        ),
        (
            "[eventlistener:x]\nevents=TICK",
            "[eventlistener:x]\nevents=TICK_5",
            true,
        ),
        (
            "[eventlistener:x]\nevents=TICK",
            "[eventlistener:x]\nevents=TICK\nbuffer_size=3",
            true,
        ),
        (
            "[program:x]\npriority=-1",
            "[eventlistener:x]\nevents=TICK",
            true,
        ),
        ("[program:x]", "[fcgi-program:x]\nsocket=tcp://h:1", true),
        (
            "[fcgi-program:x]\nsocket=tcp://h:1",
            "[fcgi-program:x]\nsocket=tcp://h:2",
            true,
        ),
        // CFG-226
        (
            "[fcgi-program:x]\nsocket=unix:///s",
            "[fcgi-program:x]\nsocket=unix:///s\nsocket_mode=0777\nsocket_backlog=5\nsocket_owner=web",
            false,
        ),
    ];
    for (old, new, changed) in table {
        let (old, new) = (format!("{old}\ncommand=1"), format!("{new}\ncommand=1"));
        let changes = difference(&place, &old, &new);
        assert_eq!(!changes.changed.is_empty(), changed, "{old} -> {new}");
    }
}
