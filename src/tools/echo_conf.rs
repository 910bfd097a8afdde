//! `echo_supervisord_conf`: prints the sample configuration (CFG-222).

use std::io::{self, Write};
use std::process::ExitCode;

use crate::config::sample;

/// Prints it. Without a reader it fails like any other program that prints.
pub(super) fn run() -> ExitCode {
    let mut out = io::stdout();
    let written = out
        .write_all(sample::text().as_bytes())
        .and_then(|()| out.flush());
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
