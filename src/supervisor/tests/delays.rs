//! Starts that come later (lifecycle.md, section 12).

use super::dependencies::PAIR;
use super::play;

#[test]
fn lif_190_a_delay_begins_when_the_conditions_hold() {
    let text = PAIR.replace("depends_on", "startdelay=5\ndepends_on");
    play(
        &text,
        &[
            ("wake", "spawn db"),
            ("pass 3", ""),
            ("detail web", "starts in 5 s (startdelay)"),
            ("pass 4", ""),
            ("detail web", "starts in 1 s (startdelay)"),
            ("reexec", ""),
            ("pass 1", "spawn web"),
            // neither a restart nor a start by hand waits
            ("exit web 1", ""),
            ("pass 1", "spawn web"),
        ],
    );
    play(
        &text,
        &[
            ("wake", "spawn db"),
            ("pass 4", ""),
            ("start web", "spawn web; true"),
            ("pass 9", ""),
        ],
    );
}

#[test]
fn lif_191_copies_of_a_section_come_one_after_another() {
    let text = "[program:a]\ncommand=/bin/x\nnumprocs=3\nprocess_name=a%(process_num)d\nstartsecs=0\nnumprocs_start_interval=2";
    play(
        text,
        &[
            ("wake", "spawn a0"),
            ("detail a:a2", "starts in 4 s (numprocs_start_interval)"),
            ("pass 2", "spawn a1"),
            ("stop a:a1", "SIGTERM a1; true"),
            ("exit a1 0", ""),
            ("pass 2", "spawn a2"),
            ("start-all!", "spawn a1; [a1 OK]"),
            (
                "stop-all",
                "SIGTERM a0; SIGTERM a1; SIGTERM a2; [a0 OK, a1 OK, a2 OK]",
            ),
            ("exit a0 0", ""),
            ("exit a1 0", ""),
            ("exit a2 0", ""),
            ("start a:*", "spawn a0; [a0 OK, a1 OK, a2 OK]"),
            ("pass 4", "spawn a1; spawn a2"),
        ],
    );
}
