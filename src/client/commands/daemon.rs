//! `shutdown`, `reload` and `version`: the server itself.

use crate::base::fault::code;
use crate::client::error::ClientError;
use crate::client::help;
use crate::client::render;
use crate::client::session::{Session, exit};

use super::usage_error;

/// `shutdown` (CTL-150, CTL-151).
pub(super) fn shutdown(session: &mut Session, arguments: &str) -> Result<(), ClientError> {
    if !arguments.is_empty() {
        let line = "Error: shutdown accepts no arguments";
        usage_error(session, exit::GENERIC, line, help::SHUTDOWN);
        return Ok(());
    }
    if !confirmed(
        session,
        "Really shut the remote supervisord process down y/N? ",
    )? {
        return Ok(());
    }
    match session.server().shutdown() {
        Ok(()) => session.out.line("Shut down"),
        // the exit status stays as it is, as in the reference (CTL-F09)
        Err(ClientError::Fault(fault)) if fault.code == code::SHUTDOWN_STATE => {
            session.out.line("ERROR: already shutting down");
        }
        Err(error) if error.is_refused() => {
            let refused = render::refused(&session.target.url);
            session.fail(exit::GENERIC, &already_down(&refused));
        }
        Err(error) if error.is_missing() => {
            let missing = render::no_such_file(&session.target.url);
            session.fail(exit::GENERIC, &already_down(&missing));
        }
        Err(error) => return Err(error),
    }
    Ok(())
}

fn already_down(line: &str) -> String {
    format!("ERROR: {line} (already shut down?)")
}

/// `reload` (CTL-152).
pub(super) fn reload(session: &mut Session, arguments: &str) -> Result<(), ClientError> {
    if !arguments.is_empty() {
        let line = "Error: reload accepts no arguments";
        usage_error(session, exit::GENERIC, line, help::RELOAD);
        return Ok(());
    }
    if !confirmed(
        session,
        "Really restart the remote supervisord process y/N? ",
    )? {
        return Ok(());
    }
    match session.server().restart() {
        Ok(()) => session.out.line("Restarted supervisord"),
        Err(ClientError::Fault(fault)) if fault.code == code::SHUTDOWN_STATE => {
            session.fail(exit::GENERIC, "ERROR: already shutting down");
        }
        Err(error) => return Err(error),
    }
    Ok(())
}

/// Asks if there is somebody to ask; any answer that begins with y is a yes (CTL-150).
fn confirmed(session: &mut Session, question: &str) -> Result<bool, ClientError> {
    if !session.interactive {
        return Ok(true);
    }
    // so that the terminal is left as it was
    session.catch_interrupts()?;
    let interrupt = session.interrupt.clone();
    let answer = session.input.question(question, &interrupt)?;
    Ok(answer.starts_with(['y', 'Y']))
}

/// `version` (CTL-161).
pub(super) fn version(session: &mut Session, arguments: &str) -> Result<(), ClientError> {
    if !arguments.is_empty() {
        let line = "Error: version accepts no arguments";
        usage_error(session, exit::GENERIC, line, help::VERSION);
        return Ok(());
    }
    let server = session.server();
    if session.upcheck(&server)? {
        let version = server.supervisor_version()?;
        session.out.line(&render::escaped(&version));
    }
    Ok(())
}
