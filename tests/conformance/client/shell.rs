//! The shell with its input from a pipe; `terminal.rs` has it on a terminal.

use super::fake::{Reply, Request, array, process, run_with_input, value, with_version};

fn answer(request: &Request) -> Reply {
    with_version(request, |request| match request.method() {
        "getAllProcessInfo" => array(&[process("x", "x", "20", "RUNNING", "pid 4711")]),
        "getPID" => value("<int>7</int>"),
        _ => value("<boolean>1</boolean>"),
    })
}

const STATUS: &str = "x                                RUNNING   pid 4711\n";

#[test]
fn ctl_055_a_shell_on_a_pipe() {
    let table = [
        ("", format!("{STATUS}supervisor> \n")),
        ("pid\n", format!("{STATUS}supervisor> 7\nsupervisor> \n")),
        (
            "pid\nexit\npid\n",
            format!("{STATUS}supervisor> 7\nsupervisor> \n"),
        ),
        ("  pid  ", format!("{STATUS}supervisor> 7\nsupervisor> \n")),
        (
            "\n\nquit",
            format!("{STATUS}supervisor> supervisor> supervisor> \n"),
        ),
        (
            " dance  x \n!ls\n",
            format!(
                "{STATUS}supervisor> *** Unknown syntax: dance  x\n\
                 supervisor> *** Unknown syntax: !ls\nsupervisor> \n"
            ),
        ),
        (
            "?pid\n? nothing\n",
            format!(
                "{STATUS}supervisor> pid\t\t\tGet the PID of supervisord.\n\
                 pid <name>\t\tGet the PID of a single child process by name.\n\
                 pid all\t\t\tGet the PID of every child process, one per line.\n\
                 supervisor> *** No help on nothing\nsupervisor> \n"
            ),
        ),
    ];
    for (input, out) in table {
        let ran = run_with_input(&[], input, answer);
        assert_eq!(ran.out, out, "{input:?}");
        assert_eq!((ran.err.as_str(), ran.status), ("", 0));
    }
}

#[test]
fn ctl_150_questions_in_the_shell() {
    let question = "Really shut the remote supervisord process down y/N? ";
    let table = [
        ("n\n", "", false),
        ("\n", "", false),
        ("Yes\n", "Shut down\n", true),
        ("y\n", "Shut down\n", true),
    ];
    for (reply, line, asked) in table {
        let ran = run_with_input(&[], &format!("shutdown\n{reply}"), answer);
        let out = format!("{STATUS}supervisor> {question}{line}supervisor> \n");
        assert_eq!(ran.out, out, "{reply:?}");
        let sent = ran
            .requests
            .iter()
            .any(|request| request.method() == "shutdown");
        assert_eq!(sent, asked, "{reply:?}");
    }
    let ran = run_with_input(&["-i", "reload"], "y\n", answer);
    let question = "Really restart the remote supervisord process y/N? ";
    assert_eq!(ran.out, format!("{question}Restarted supervisord\n"));
    let ran = run_with_input(&["shutdown"], "n\n", answer);
    assert_eq!(ran.out, "Shut down\n");
}

#[test]
fn ctl_055_no_answer_to_a_question() {
    let ran = run_with_input(&["-i", "shutdown"], "", answer);
    let out = "Really shut the remote supervisord process down y/N? \
               error: the input ended where an answer was wanted; nothing was done\n";
    assert_eq!((ran.out.as_str(), ran.status), (out, 1));
    assert!(ran.requests.is_empty());
}

#[test]
fn ctl_015_a_command_leaves_no_shell_behind() {
    let ran = run_with_input(&["-i", "pid"], "pid\n", answer);
    assert_eq!((ran.out.as_str(), ran.status), ("7\n", 0));
}
