//! superlance, the event listeners that people install, with what they do in the world.
//!
//! Its programs come from `tests/fetch-reference.sh`. Where they are missing, the tests say so.

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;

use crate::common::daemon::Daemon;
use crate::common::home::Home;
use crate::common::wait::wait_for;
use crate::common::{proc, reference, skip};

/// Keeps each mail as a file of its own.
const SENDMAIL: &str = "#!/bin/sh
file=$(mktemp {dir}/mail.XXXXXX)
cat > \"$file\"
mv \"$file\" \"{dir}/mail-done.${file##*.}\"
";

/// A mail server that writes down what it is told.
const MAIL_SERVER: &str = "
import socketserver, sys
class Session(socketserver.StreamRequestHandler):
    def handle(self):
        def say(line): self.wfile.write(line + b'\\r\\n')
        say(b'220 ready')
        text = False
        lines = []
        for line in self.rfile:
            line = line.rstrip(b'\\r\\n')
            lines.append(line)
            if text:
                if line == b'.':
                    text = False
                    with open('mails', 'ab') as mails:
                        mails.write(b'\\n'.join(lines) + b'\\n')
                    say(b'250 taken')
            elif line.upper() == b'DATA':
                text = True
                say(b'354 go on')
            elif line.upper() == b'QUIT':
                return say(b'221 bye')
            else:
                say(b'250 fine')
socketserver.TCPServer.allow_reuse_address = True
socketserver.TCPServer(('127.0.0.1', int(sys.argv[1])), Session).serve_forever()
";

/// A web program that answers until a file `hang` exists, which it removes when it starts.
const WEB: &str = "
import http.server, os, sys, time
if os.path.exists('hang'): os.unlink('hang')
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        while os.path.exists('hang'): time.sleep(0.05)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'fine')
with open('started', 'a') as started: started.write('x')
http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), Page).serve_forever()
";

/// The folder of superlance's programs; none means that the test is skipped.
fn superlance() -> Option<String> {
    let folder = reference("httpok").and_then(|program| Some(program.parent()?.to_owned()));
    let works = |folder: &PathBuf| {
        let mut python = Command::new(folder.join("python"));
        let output = python.args(["-c", "import superlance"]).output();
        output.is_ok_and(|output| output.status.success())
    };
    let Some(folder) = folder.filter(works) else {
        skip("needs superlance; tests/fetch-reference.sh gets it");
        return None;
    };
    Some(folder.to_str().expect("a UTF-8 path").to_owned())
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

/// Waits for a mail to the fake `sendmail`.
fn mail(home: &Home) -> String {
    wait_for("a mail", || {
        let done = |name: &String| name.starts_with("mail-done.");
        let name = home.names().into_iter().find(done)?;
        let text = home.read(&name);
        fs::remove_file(home.path(&name)).expect("the mail");
        Some(text)
    })
}

/// An event listener section.
fn listener(command: &str, events: &str) -> String {
    format!(
        "[eventlistener:listener]\ncommand={command}\nevents={events}\ndirectory={{dir}}\n\
         stderr_logfile={{dir}}/listener.err\nbuffer_size=100\n\n"
    )
}

/// A program that ends with a status when it reads a line.
const MORTAL: &str = "[program:mortal]\ncommand=/bin/sh -c 'read status; exit $status'\n\
                      startsecs=0\nautorestart=false\nexitcodes=0\n\n";

#[test]
fn crashmail_mails_unexpected_ends_and_no_others() {
    let Some(bin) = superlance() else { return };
    let home = Home::new();
    let sendmail = home.script("sendmail", SENDMAIL);
    let command = format!(
        "{bin}/crashmail -a -o [box] -m ops@example.com -s {}",
        sendmail.display()
    );
    home.config(&(listener(&command, "PROCESS_STATE_EXITED") + MORTAL));
    let daemon = Daemon::of(home, &[]);
    daemon.wait_running("listener");
    daemon.wait_running("mortal");
    daemon.feed("mortal", "0\n");
    daemon.wait_state("mortal", "EXITED");
    daemon.start_process("mortal");
    let pid = daemon.wait_running("mortal");
    daemon.feed("mortal", "3\n");
    let mail = mail(&daemon);
    assert!(mail.contains("To: ops@example.com\n"), "{mail}");
    assert!(
        mail.contains("Subject: [box]: mortal crashed at "),
        "{mail}"
    );
    let told = format!("Process mortal in group mortal exited unexpectedly (pid {pid})");
    assert!(mail.contains(&told), "{mail}");
    // it says so for each mail, and the first end was none
    let said = daemon.wait_file("listener.err", "unexpected exit, mailing");
    assert_eq!(said.matches("unexpected exit").count(), 1, "{said}");
}

/// Both collect what happens and send it by SMTP at a tick.
fn batch(tool: &str, events: &str, act: impl Fn(&Daemon), told: &str) {
    let Some(bin) = superlance() else { return };
    let home = Home::new();
    home.write("mail.py", MAIL_SERVER);
    let port = free_port();
    let command = format!(
        "{bin}/{tool} -t ops@example.com,boss@example.com -f box@example.com -s trouble \
         -H 127.0.0.1:{port} -e TICK_5 -i 0.05"
    );
    let server = format!(
        "[program:mailserver]\ncommand={bin}/python mail.py {port}\ndirectory={{dir}}\n\
         priority=1\nstartsecs=0\n\n"
    );
    let hopeless = "[program:hopeless]\ncommand=/bin/false\nstartsecs=9\nstartretries=0\n\
                    autostart=false\n";
    let events = format!("{events},TICK_5");
    home.config(&(listener(&command, &events) + &server + MORTAL + hopeless));
    let daemon = Daemon::of(home, &[]);
    daemon.wait_running("listener");
    daemon.wait_running("mortal");
    act(&daemon);
    let mails = daemon.wait_file("mails", told);
    for part in [
        "Subject: trouble\n",
        "From: box@example.com\n",
        "To: ops@example.com, boss@example.com\n",
        "rcpt TO:<boss@example.com>",
    ] {
        assert!(
            mails.to_lowercase().contains(&part.to_lowercase()),
            "{mails}"
        );
    }
    daemon.wait_file("listener.err", "Sending notification email:");
    assert_eq!(daemon.state("listener"), "RUNNING");
}

#[test]
fn crashmailbatch_collects_unexpected_ends() {
    let act = |daemon: &Daemon| daemon.feed("mortal", "3\n");
    let told = "Process mortal:mortal (pid ";
    batch("crashmailbatch", "PROCESS_STATE", act, told);
}

#[test]
fn fatalmailbatch_collects_programs_given_up() {
    let act = |daemon: &Daemon| {
        let started = daemon.rpc("supervisor.startProcess", vec!["hopeless".into()]);
        assert!(started.is_err(), "{started:?}");
    };
    let told = "Process hopeless:hopeless failed to start too many times";
    batch("fatalmailbatch", "PROCESS_STATE", act, told);
}

#[test]
fn httpok_restarts_a_web_program_that_hangs() {
    let Some(bin) = superlance() else { return };
    let home = Home::new();
    let sendmail = home.script("sendmail", SENDMAIL);
    home.write("web.py", WEB);
    let port = free_port();
    let command = format!(
        "{bin}/httpok -p web -t 1 -m ops@example.com -s {} http://127.0.0.1:{port}/",
        sendmail.display()
    );
    let web = format!(
        "[program:web]\ncommand={bin}/python web.py {port}\ndirectory={{dir}}\npriority=1\n\
         startsecs=0\nstopwaitsecs=1\n"
    );
    home.config(&(listener(&command, "TICK_5") + &web));
    let daemon = Daemon::of(home, &[]);
    let pid = daemon.wait_running("web");
    daemon.wait_file("started", "x");
    daemon.write("hang", "");
    daemon.wait_replaced("web", pid);
    daemon.wait_file("started", "xx");
    assert!(!proc::alive(pid));
    let mail = mail(&daemon);
    assert!(mail.contains("To: ops@example.com\n"), "{mail}");
    assert!(mail.contains("bad status returned\n"), "{mail}");
    assert!(mail.contains("Restarting selected processes"), "{mail}");
    assert_eq!(daemon.log_lines("exited: web"), [""; 0]);
}

#[test]
fn memmon_restarts_a_program_over_its_limit() {
    let Some(bin) = superlance() else { return };
    let home = Home::new();
    if home.marked("ps").arg("-V").output().is_err() {
        return skip("memmon needs ps");
    }
    let sendmail = home.script("sendmail", SENDMAIL);
    let command = format!(
        "{bin}/memmon -p big=30MB -p small=500MB -m ops@example.com -s {}",
        sendmail.display()
    );
    let programs = format!(
        "[program:big]\ncommand={bin}/python -c \"import time; text = b'x' * (64 << 20); \
         time.sleep(1000)\"\nstartsecs=0\n\n[program:small]\ncommand=/bin/cat\nstartsecs=0\n"
    );
    home.config(&(listener(&command, "TICK_5") + &programs));
    let daemon = Daemon::of(home, &[]);
    let (big, small) = (daemon.wait_running("big"), daemon.wait_running("small"));
    daemon.wait_replaced("big", big);
    assert_eq!(daemon.pid_of("small"), small);
    let mail = mail(&daemon);
    assert!(mail.contains("process big:big restarted\n"), "{mail}");
    daemon.wait_file("listener.err", "Restarting big:big");
}
