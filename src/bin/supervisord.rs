//! The daemon's program.

use std::process::ExitCode;

fn main() -> ExitCode {
    supervisor::daemon::main()
}
