//! `supervisorctl`: controls the programs that `supervisord` runs.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(supervisor::client::run(std::env::args_os()))
}
