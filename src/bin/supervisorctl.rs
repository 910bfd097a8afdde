//! The client's program.

fn main() -> std::process::ExitCode {
    supervisor::client::main().into()
}
