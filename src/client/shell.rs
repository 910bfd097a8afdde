//! The interactive shell: a prompt, a line, a command (CTL section 4).

use std::path::Path;

use super::console::Line;
use super::session::{Next, Session};

/// Runs `status`, then reads commands until the input ends, `exit`, or Ctrl-C (CTL-050 to CTL-054).
pub fn run(session: &mut Session, prompt: &str, history_file: Option<&Path>) {
    if let Some(file) = history_file {
        session.console.load_history(file);
    }
    // without it, Ctrl-C ends the process; all else works
    let _ = session.console.catch_interrupts();
    let prompt = format!("{prompt}> ");
    let mut next = session.carry_out(&["status"], "status");
    while matches!(next, Next::Go(_)) {
        next = ask(session, &prompt);
    }
    if next == Next::Interrupted {
        session.printer.line("");
    }
    if let Some(file) = history_file {
        session.console.save_history(file);
    }
}

/// Reads one line and carries it out.
fn ask(session: &mut Session, prompt: &str) -> Next {
    match session.console.command(prompt, &session.remote) {
        Line::Text(line) => {
            let words: Vec<&str> = line.split_whitespace().collect();
            session.carry_out(&words, &line)
        }
        Line::End { fresh_line } | Line::Interrupted { fresh_line } => {
            if !fresh_line {
                session.printer.line("");
            }
            Next::Leave
        }
    }
}
