//! The client's program.
// elsewhere the words of the command line come with the standard library's `main`
#![cfg_attr(all(target_os = "linux", target_env = "gnu", not(test)), no_main)]

#[cfg(all(target_os = "linux", target_env = "gnu", not(test)))]
supervisor::entry!(supervisor::client::main);

#[cfg(not(all(target_os = "linux", target_env = "gnu", not(test))))]
fn main() -> std::process::ExitCode {
    supervisor::client::main().into()
}
