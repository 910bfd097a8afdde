//! What the linker has to know and Cargo.toml cannot say.
//!
//! Rust's programs take the unwinder from the shared libgcc. Finding, mapping and relocating that library takes
//! a fifth of the time of `/bin/true`, so it is linked in where the compiler has it as an archive.

use std::env;
use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=RUSTC_LINKER");
    let is = |name: &str, wanted: &str| env::var(name).is_ok_and(|value| value == wanted);
    let native = env::var("HOST") == env::var("TARGET");
    if native && is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu") {
        link_unwinder();
    }
}

/// Puts the archive before the shared library that the standard library names, so that the linker finds
/// nothing left to take from that one.
fn link_unwinder() {
    let compiler = env::var("RUSTC_LINKER").unwrap_or_else(|_| "cc".to_owned());
    let asked = Command::new(compiler)
        .arg("-print-file-name=libgcc_eh.a")
        .output();
    let Ok(answer) = asked else {
        return;
    };
    let archive = String::from_utf8_lossy(&answer.stdout);
    // a compiler that does not have it repeats the bare name
    if let (true, Some(folder)) = (answer.status.success(), Path::new(archive.trim()).parent())
        && folder.is_absolute()
    {
        println!("cargo::rustc-link-search=native={}", folder.display());
        println!("cargo::rustc-link-lib=static:-bundle=gcc_eh");
    }
}
