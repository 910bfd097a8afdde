//! `fg`: a process's outputs on the terminal, and the terminal's lines on its standard input.

use std::io;
use std::os::fd::AsFd;

use nix::poll::{PollFlags, PollTimeout};

use crate::base::channel::Channel;
use crate::base::states::ProcessState;

use super::api::Server;
use super::commands::request::Log;
use super::console::Console;
use super::error::ClientError;
use super::follow::{self, State, Stream};
use super::problem::Problem;
use super::render;
use super::report::{Entry, Report};
use super::transport::{Remote, wait_any};
use crate::base::fault::code;

/// `fg NAME` (CTL-162 to CTL-165). Ends cleanly, and never stops the process (DEC-080).
pub fn fg(
    server: &Server,
    remote: &Remote,
    name: &str,
    console: &mut Console,
    report: &mut Report<'_>,
) -> Result<(), ClientError> {
    match server.process(name) {
        Ok(process) if is_running(process.state) => {}
        Ok(_) => {
            report.add(Entry::Problem(Problem::NotRunning));
            return Ok(());
        }
        Err(ClientError::Fault(fault)) if fault.code == code::BAD_NAME => {
            report.add(Entry::Problem(Problem::BadName));
            return Ok(());
        }
        Err(error @ ClientError::Fault(_)) => {
            refused(&error, remote, report);
            return Ok(());
        }
        Err(error) => return Err(error),
    }
    console.catch_interrupts()?;
    report.add(Entry::Line(follow::HOW_TO_END.to_owned()));
    match attend(server, remote, name, console, report) {
        Ok(()) | Err(ClientError::Interrupted) => {
            report.add(Entry::Line("Exiting foreground".to_owned()));
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// The server refuses something. The exit status stays as it is, as in the reference.
fn refused(error: &ClientError, remote: &Remote, report: &mut Report<'_>) {
    let why = render::sentence(error, remote);
    report.add(Entry::Remark(Problem::Refused(why)));
}

fn is_running(state: i64) -> bool {
    state == i64::from(ProcessState::Running.code())
}

/// Shows both outputs and sends lines, until the input ends, Ctrl-C, or the process turns out to be gone.
fn attend(
    server: &Server,
    remote: &Remote,
    name: &str,
    console: &mut Console,
    report: &mut Report<'_>,
) -> Result<(), ClientError> {
    let interrupt = console.interrupter();
    let mut streams = Vec::new();
    for channel in [Channel::Stdout, Channel::Stderr] {
        let log = Log::Of {
            process: name.to_owned(),
            channel,
        };
        match Stream::open(remote, &log, &interrupt) {
            Ok(stream) => streams.push(stream),
            Err(error) => report.add(Entry::Remark(follow::broken(remote, &log, &error))),
        }
    }
    loop {
        while let Some(line) = console.lines().take() {
            if !send(server, remote, name, &line, report)? {
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
        let ready = wait_any(&fds, PollTimeout::NONE, &interrupt)?;
        let (typed, sent) = ready.split_first().unwrap_or((&false, &[]));
        for (stream, _) in streams.iter_mut().zip(sent).filter(|(_, ready)| **ready) {
            let bytes = stream.advance()?;
            if !bytes.is_empty() {
                report.add(Entry::Log(bytes));
            }
            if let State::Refused(code) = stream.state() {
                report.add(Entry::Remark(stream.refusal(code)));
            }
        }
        // a channel without a log has said so; the other goes on (CTL-165)
        streams.retain(|stream| stream.state() == State::Open);
        if !report.is_read() {
            return Ok(());
        }
        if *typed && !console.lines().fill(stdin.as_fd())? {
            // the last line needs no end
            if let Some(line) = console.lines().take_rest() {
                send(server, remote, name, &line, report)?;
            }
            return Ok(());
        }
    }
}

/// Sends a line and looks whether the process still runs; false if it does not (CTL-163, CTL-164).
fn send(
    server: &Server,
    remote: &Remote,
    name: &str,
    line: &str,
    report: &mut Report<'_>,
) -> Result<bool, ClientError> {
    let gone = || Entry::Line("Process got killed".to_owned());
    let sent = server.send_stdin(name, &format!("{line}\n"));
    match sent.and_then(|()| server.process(name)) {
        Ok(process) if is_running(process.state) => return Ok(true),
        Ok(_) => report.add(gone()),
        Err(ClientError::Fault(fault)) if fault.code == code::NOT_RUNNING => report.add(gone()),
        Err(error @ ClientError::Fault(_)) => refused(&error, remote, report),
        Err(error) => return Err(error),
    }
    Ok(false)
}
