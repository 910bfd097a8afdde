//! `fg`: a process's outputs on the terminal, and the terminal's lines on its standard input.

use std::io;
use std::os::fd::AsFd;

use nix::poll::{PollFlags, PollTimeout};

use crate::base::channel::Channel;
use crate::base::fault::code;
use crate::base::states::ProcessState;
use crate::client::api::Server;
use crate::client::error::ClientError;
use crate::client::follow::{self, State, Stream};
use crate::client::help;
use crate::client::render;
use crate::client::session::{Session, exit};
use crate::client::transport::wait_any;

use super::usage_error;

/// `fg NAME` (CTL-162 to CTL-165). Ends cleanly, and never stops the process (DEC-080).
pub(super) fn fg(session: &mut Session, arguments: &str) -> Result<(), ClientError> {
    let server = session.server();
    if !session.upcheck(&server)? {
        return Ok(());
    }
    let mut names = arguments.split_whitespace();
    let Some(name) = names.next() else {
        let line = "ERROR: no process name supplied";
        usage_error(session, exit::GENERIC, line, help::FG);
        return Ok(());
    };
    if names.next().is_some() {
        session.fail(exit::GENERIC, "ERROR: too many process names supplied");
        return Ok(());
    }
    match server.process(name) {
        Ok(process) if is_running(process.state) => {}
        Ok(_) => {
            session.fail(exit::GENERIC, "ERROR: process not running");
            return Ok(());
        }
        Err(ClientError::Fault(fault)) if fault.code == code::BAD_NAME => {
            session.fail(exit::GENERIC, "ERROR: bad process name supplied");
            return Ok(());
        }
        Err(error @ ClientError::Fault(_)) => {
            // the exit status stays as it is, as in the reference
            let why = render::sentence(&error, &session.target);
            session.out.line(&format!("ERROR: {why}"));
            return Ok(());
        }
        Err(error) => return Err(error),
    }
    session.catch_interrupts()?;
    session.out.line("==> Press Ctrl-C to exit <==");
    match attend(session, &server, name) {
        Ok(()) | Err(ClientError::Interrupted) => {
            session.out.line("Exiting foreground");
            Ok(())
        }
        Err(error) => Err(error),
    }
}

fn is_running(state: i64) -> bool {
    state == i64::from(ProcessState::Running.code())
}

/// Shows both outputs and sends lines, until the input ends, Ctrl-C, or the process turns out to be gone.
fn attend(session: &mut Session, server: &Server, name: &str) -> Result<(), ClientError> {
    let mut streams: Vec<Stream> = [Channel::Stdout, Channel::Stderr]
        .into_iter()
        .filter_map(|channel| open(session, name, channel))
        .collect();
    loop {
        while let Some(line) = session.input.lines().take() {
            if !send(session, server, name, &line)? {
                return Ok(());
            }
        }
        let stdin = io::stdin();
        let mut fds = vec![(stdin.as_fd(), PollFlags::POLLIN)];
        fds.extend(
            streams
                .iter()
                .map(|stream| (stream.as_fd(), PollFlags::POLLIN)),
        );
        let ready = wait_any(&fds, PollTimeout::NONE, &session.interrupt)?;
        let (typed, sent) = ready.split_first().unwrap_or((&false, &[]));
        for (stream, _) in streams.iter_mut().zip(sent).filter(|(_, ready)| **ready) {
            stream.advance(&mut session.out)?;
        }
        // a channel without a log has said so; the other goes on (CTL-165)
        streams.retain(|stream| stream.state() == State::Open);
        if session.out.is_broken() {
            return Ok(());
        }
        if *typed && !session.input.lines().fill(stdin.as_fd())? {
            // the last line needs no end
            if let Some(line) = session.input.lines().take_rest() {
                send(session, server, name, &line)?;
            }
            return Ok(());
        }
    }
}

fn open(session: &Session, name: &str, channel: Channel) -> Option<Stream> {
    let path = format!("/logtail/{name}/{}", channel.name());
    match Stream::open(&session.target, &path, &session.interrupt) {
        Ok(stream) => Some(stream),
        Err(error) => {
            follow::cannot_connect(&session.target, &path, &error);
            None
        }
    }
}

/// Sends a line and looks whether the process still runs; false if it does not (CTL-163, CTL-164).
fn send(
    session: &mut Session,
    server: &Server,
    name: &str,
    line: &str,
) -> Result<bool, ClientError> {
    let sent = server.send_stdin(name, &format!("{line}\n"));
    match sent.and_then(|()| server.process(name)) {
        Ok(process) if is_running(process.state) => return Ok(true),
        Ok(_) => session.out.line("Process got killed"),
        Err(ClientError::Fault(fault)) if fault.code == code::NOT_RUNNING => {
            session.out.line("Process got killed");
        }
        Err(error @ ClientError::Fault(_)) => {
            let why = render::sentence(&error, &session.target);
            session.out.line(&format!("ERROR: {why}"));
        }
        Err(error) => return Err(error),
    }
    Ok(false)
}
