//! Writing the supervisor down, and going on from it.

use super::{Play, Snapshot, Supervisor, play, ports_of};

const SOME: &str = "[program:a]\ncommand=/bin/a\nstartsecs=2\nstopwaitsecs=4\n[program:b]\ncommand=/bin/b\nautostart=false\nstartsecs=60\n\
                    [eventlistener:ears]\ncommand=/bin/e\nevents=PROCESS_STATE\nstartsecs=0\npriority=-1";

#[test]
fn everything_that_is_under_way_goes_on() {
    let play = play(
        SOME,
        &[
            ("reexec", ""),
            ("wake", "spawn ears; spawn a"),
            ("says ears REA", ""),
            ("start! b", "spawn b; #0"),
            ("pass 1", ""),
            ("reexec", ""),
            ("says ears DY", ""),
            ("reexec", ""),
            ("stop! a", "SIGTERM a; #1"),
            ("reexec", ""),
            ("exit a 0", "#1: true"),
            ("start! a", "spawn a; #2"),
            (
                "TERM",
                "SIGTERM b; SIGTERM a; #0: ABNORMAL_TERMINATION: b; #2: ABNORMAL_TERMINATION: a",
            ),
            ("reexec", ""),
            ("exit a 0", ""),
            ("reexec", ""),
            ("pass 4", ""),
        ],
    );
    drop(play);
}

fn resume(text: &str) -> String {
    let play = Play::new(super::config(SOME));
    let snapshot = Snapshot::from_text(text.to_owned());
    match Supervisor::resume(&snapshot, ports_of(&play.port), play.now()) {
        Ok(_) => "resumed".to_owned(),
        Err(error) => error.to_string(),
    }
}

fn written() -> String {
    let snapshot = Play::new(super::config(SOME)).supervisor.snapshot();
    snapshot.expect("it can be written").as_str().to_owned()
}

#[test]
fn what_cannot_be_understood_is_refused_in_words() {
    let good = written();
    assert_eq!(resume(&good), "resumed");
    let later = good.replace(
        "{\"format\":1,\"needs\":1,",
        "{\"format\":3,\"needs\":2,\"more\":{},",
    );
    let text = "state format 3 needs at least format 2, this program knows 1";
    assert_eq!(resume(&later), text);
    // a later format that this one can read
    let later = good.replace(
        "{\"format\":1,\"needs\":1,",
        "{\"format\":3,\"needs\":1,\"more\":{},",
    );
    assert_eq!(resume(&later), "resumed");
    let table = [
        (
            good.replace("\"config\":0,\"members\"", "\"config\":7,\"members\""),
            "no configuration 7",
        ),
        (
            good.replace("\"process\":{\"name\":\"a\"", "\"process\":{\"name\":\"z\""),
            "no configuration of z in group a",
        ),
        (
            good.replace("\"id\":1,\"process\"", "\"id\":0,\"process\""),
            "number 0 of a process twice",
        ),
        (
            good.replace("\"next_id\":3", "\"next_id\":1"),
            "number 1 of a process twice",
        ),
        (good[..good.len() / 2].to_owned(), "EOF while parsing"),
        (String::new(), "EOF while parsing"),
    ];
    for (text, error) in table {
        assert_ne!(text, good, "{error}");
        let told = resume(&text);
        assert!(told.starts_with(error), "{told}, not {error}");
    }
}

#[test]
fn upg_111_a_plain_process_takes_little_room() {
    let programs = |count: usize| {
        let texts = (0..count)
            .map(|number| format!("[program:p{number}]\ncommand=/bin/a --with some arguments\n"));
        let mut play = Play::new(super::config(&texts.collect::<String>()));
        play.step("wake");
        play.supervisor
            .snapshot()
            .expect("it can be written")
            .as_str()
            .len()
    };
    let each = (programs(110) - programs(10)) / 100;
    assert!(each < 2048, "{each} bytes");
}
