//! The shell of `supervisorctl` on a real terminal, typed into as people do.

use crate::common::daemon::Daemon;
use crate::common::home::Home;
use crate::common::terminal::Terminal;
use crate::common::wait::wait_until;
use crate::common::{needs_root, ours_only, proc};

const PROMPT: &str = "supervisor> ";

const PROGRAMS: &str = "[program:cat]\ncommand=/bin/cat\nstartsecs=0\nstdout_logfile={dir}/cat.log\n\
     [program:off]\ncommand=/bin/cat\nstartsecs=0\nautostart=false\n\
     [program:pair]\ncommand=/bin/cat\nstartsecs=0\nautostart=false\nnumprocs=2\n\
     process_name=%(program_name)s_%(process_num)d\n";

/// Starts the client with `words` on a terminal of kind `term`.
fn client(home: &Home, term: &str, words: &[&str]) -> Terminal {
    let words = [&["-c", "supervisord.conf"], words].concat();
    let program = crate::common::program("supervisorctl");
    Terminal::start(home.marked("setsid"), term, &program, &words)
}

/// Waits for the client's end and expects success.
fn end(terminal: Terminal) {
    let (status, rest) = terminal.end();
    assert!(status.success(), "{status}: {rest:?}");
}

fn daemon() -> Daemon {
    let daemon = Daemon::start(PROGRAMS);
    daemon.wait_running("cat");
    daemon
}

/// Runs `test` in a shell, on a terminal that can do much and on one that can do nothing.
fn in_shell(test: impl Fn(&Daemon, &mut Terminal)) {
    for term in ["xterm", "dumb"] {
        let daemon = daemon();
        let mut terminal = client(&daemon, term, &[]);
        terminal.expect("cat  ");
        terminal.expect(PROMPT);
        test(&daemon, &mut terminal);
        terminal.keys("exit\r");
        end(terminal);
    }
}

#[test]
fn ctl_050_commands() {
    in_shell(|daemon, terminal| {
        terminal.keys("stop cat\r");
        terminal.expect("cat: stopped");
        terminal.expect(PROMPT);
        terminal.keys("  dance  x \r");
        terminal.expect("*** Unknown syntax: dance  x");
        terminal.expect(PROMPT);
        terminal.keys("\r");
        terminal.expect(PROMPT);
        // mended while typing
        terminal.keys("stxx\u{7f}\u{7f}art cat\r");
        terminal.expect("cat: started");
        terminal.expect(PROMPT);
        assert_eq!(daemon.state("cat"), "RUNNING");
    });
}

#[test]
fn ctl_058_completion() {
    in_shell(|_, terminal| {
        // the only one
        terminal.keys("rel\t\r");
        terminal.expect("Really restart the remote supervisord process y/N? ");
        terminal.keys("n\r");
        terminal.expect(PROMPT);
        // one of several
        terminal.keys("sta\t\t");
        terminal.expect("start");
        terminal.expect("status");
        terminal.keys("tus of\t\r");
        terminal.expect("STOPPED");
        terminal.expect(PROMPT);
        // processes of a group, and the group
        terminal.keys("start pair:\t\t");
        terminal.expect("pair:*");
        terminal.expect("pair:pair_1");
        terminal.keys("pair_1\r");
        terminal.expect("pair:pair_1: started");
        terminal.expect(PROMPT);
        // actions after help, groups after remove
        terminal.keys("help mai\t\r");
        terminal.expect("maintail -f ");
        terminal.expect(PROMPT);
        terminal.keys("remove pa\t\r");
        terminal.expect("ERROR: process/group still running: pair");
        terminal.expect(PROMPT);
    });
}

#[test]
fn ctl_163_foreground() {
    in_shell(|daemon, terminal| {
        let pid = daemon.pid_of("cat");
        terminal.keys("fg cat\r");
        terminal.expect("==> Press Ctrl-C to exit <==");
        terminal.keys("good morning\r");
        // as typed, and as the program says it
        terminal.expect("good morning");
        terminal.expect("good morning");
        terminal.keys("\u{3}");
        terminal.expect("Exiting foreground");
        terminal.expect(PROMPT);
        assert_eq!(daemon.pid_of("cat"), pid);
        terminal.keys("fg cat\r");
        terminal.expect("good morning");
        proc::signal(pid, nix::sys::signal::Signal::SIGKILL);
        daemon.wait_replaced("cat", pid);
        daemon.stop_process("cat");
        terminal.keys("anybody?\r");
        terminal.expect("Process got killed");
        terminal.expect("Exiting foreground");
        terminal.expect(PROMPT);
    });
}

#[test]
fn ctl_123_tails_until_ctrl_c() {
    in_shell(|daemon, terminal| {
        daemon.feed("cat", "first\n");
        terminal.keys("tail -f cat\r");
        terminal.expect("==> Press Ctrl-C to exit <==");
        terminal.expect("first");
        daemon.feed("cat", "second\n");
        terminal.expect("second");
        terminal.keys("\u{3}");
        terminal.expect(PROMPT);
        terminal.keys("maintail -f\r");
        terminal.expect("spawned: 'cat'");
        terminal.keys("\u{3}");
        terminal.expect(PROMPT);
    });
}

#[test]
fn ctl_054_ctrl_c_and_ctrl_d_at_the_prompt() {
    let daemon = daemon();
    for term in ["xterm", "dumb"] {
        for key in ["\u{3}", "\u{4}"] {
            let mut terminal = client(&daemon, term, &[]);
            terminal.expect(PROMPT);
            terminal.keys(key);
            end(terminal);
        }
    }
}

#[test]
fn ctl_057_history() {
    let home = Home::new();
    let config = home.config(PROGRAMS);
    let text = std::fs::read_to_string(&config).expect("the file");
    let text = text.replace(
        "[supervisorctl]\n",
        "[supervisorctl]\nhistory_file={dir}/history\n",
    );
    home.write("supervisord.conf", &text);
    let daemon = Daemon::of(home, &[]);
    for term in ["xterm", "dumb"] {
        let mut terminal = client(&daemon, term, &[]);
        terminal.expect(PROMPT);
        terminal.keys("pid off\r");
        terminal.expect(PROMPT);
        terminal.keys("exit\r");
        end(terminal);
        let history = daemon.read("history");
        assert!(history.ends_with("pid off\nexit\n"), "{term}: {history}");
        // the second last line of the session before
        let mut terminal = client(&daemon, term, &[]);
        terminal.expect(PROMPT);
        terminal.keys("\u{10}\u{10}\r");
        terminal.expect("pid off\r");
        terminal.expect("0\r\n");
        terminal.expect(PROMPT);
        terminal.keys("exit\r");
        end(terminal);
    }
}

#[test]
fn ctl_038_asks_for_credentials() {
    let home = Home::new();
    let config = home.config(PROGRAMS);
    let text = std::fs::read_to_string(&config).expect("the file");
    let text = text.replace("file={dir}/sock\n", "");
    let socket = home.fill("file={dir}/sock\n");
    let text = text.replace(&socket, &format!("{socket}username=ann\npassword=secret\n"));
    home.write("supervisord.conf", &text);
    let daemon = Daemon::of(home, &[]);
    for term in ["xterm", "dumb"] {
        let mut terminal = client(&daemon, term, &[]);
        for password in ["wrong", "secret"] {
            terminal.expect("Server requires authentication");
            terminal.expect("Username:");
            terminal.keys("ann\r");
            terminal.expect("Password:");
            terminal.keys(&format!("{password}\r"));
        }
        let shown = terminal.expect("off ");
        assert!(!shown.contains("secret"), "{shown:?}");
        terminal.expect(PROMPT);
        terminal.keys("pid\r");
        terminal.expect(&daemon.pid.to_string());
        terminal.keys("exit\r");
        end(terminal);
    }
}

#[test]
fn ctl_160_open_leads_to_another_daemon() {
    let other = Daemon::start("[program:elsewhere]\ncommand=/bin/cat\nautostart=false\n");
    let url = other.fill("unix://{dir}/sock");
    in_shell(|_, terminal| {
        terminal.keys(&format!("open {url}\r"));
        terminal.expect("elsewhere  ");
        terminal.expect(PROMPT);
        terminal.keys("pid\r");
        terminal.expect(&format!("{}\r\n", other.pid));
        terminal.expect(PROMPT);
    });
}

#[test]
fn ctl_150_questions() {
    in_shell(|daemon, terminal| {
        for answer in ["n", "", "x"] {
            terminal.keys("shutdown\r");
            terminal.expect("Really shut the remote supervisord process down y/N? ");
            terminal.keys(&format!("{answer}\r"));
            terminal.expect(PROMPT);
        }
        assert!(proc::alive(daemon.pid));
        terminal.keys("shutdown\r");
        terminal.expect("y/N? ");
        terminal.keys("yes\r");
        terminal.expect("Shut down");
        terminal.expect(PROMPT);
        wait_until("the end", || !daemon.has("pid"));
    });
}

#[test]
fn dec_080_an_option_keeps_history() {
    ours_only!("DEC-080");
    let daemon = daemon();
    let file = daemon.fill("{dir}/mine");
    let mut terminal = client(&daemon, "xterm", &["-r", &file]);
    terminal.expect(PROMPT);
    terminal.keys("pid off\r");
    terminal.expect(PROMPT);
    terminal.keys("exit\r");
    end(terminal);
    assert_eq!(daemon.read("mine"), "pid off\nexit\n");
}

#[test]
fn clx_101_a_daemon_of_root_that_searches_says_so_in_plain_words() {
    ours_only!("CLX-101");
    needs_root!();
    let home = Home::new();
    home.config_with("loglevel=wrong", "");
    let program = crate::common::program("supervisord");
    let terminal = Terminal::start(home.marked("setsid"), "xterm", &program, &["-n"]);
    let (status, said) = terminal.end();
    assert_eq!(status.code(), Some(2), "{said}");
    let start =
        "Warning: Supervisord is running as root and it is searching for its configuration file";
    assert!(said.starts_with(start), "{said}");
    assert!(
        !said.contains(".rs") && !said.contains("UserWarning"),
        "{said}"
    );
}
