//! `supervisord`: keeps programs running. Under other names it is one of the small tools.

use std::process::ExitCode;

use supervisor::tools::Tool;

fn main() -> ExitCode {
    match Tool::asked_for(std::env::args_os()) {
        Some(tool) => tool.run(),
        None => supervisor::daemon::main(),
    }
}
