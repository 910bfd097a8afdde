//! The way into a program that is over in a few milliseconds.
//!
//! Before it calls `main`, the standard library finds out where the stack ends, for which the C library reads
//! `/proc/self/maps`, and prepares a second stack to report an overflow from. That takes a seventh of the time
//! of `/bin/true`. [`crate::entry`] makes a function the C library's `main`, and [`run`] does the part of the
//! preparation that matters: standard files that are open, and no death by SIGPIPE.

use std::io::{self, Write as _};
use std::panic::{UnwindSafe, catch_unwind};

use libc::c_int;
use nix::fcntl::OFlag;

/// What a program that panicked exits with, as with the standard library's `main`.
const PANICKED: c_int = 101;

/// Makes `$main`, a function without arguments that returns a `u8`, the program's entry point. The program
/// needs `#![no_main]`.
#[macro_export]
macro_rules! entry {
    ($main:path) => {
        /// What the C library calls.
        // SAFETY: no other function of the program has this name, and this is the signature that the C
        // library expects.
        #[unsafe(no_mangle)]
        pub extern "C" fn main() -> ::std::ffi::c_int {
            $crate::sys::entry::run($main)
        }
    };
}

/// Prepares the process, runs `main` and says how to exit.
pub fn run(main: impl FnOnce() -> u8 + UnwindSafe) -> c_int {
    open_standard_files();
    ignore_broken_pipes();
    let status = catch_unwind(main).map_or(PANICKED, c_int::from);
    // whoever writes looks for errors; nobody is left to be told of this one
    let _ = io::stdout().flush();
    status
}

/// Opens `/dev/null` in place of standard files that are closed: what is opened next must not be taken for
/// one of them.
fn open_standard_files() {
    let unopened = |fd| libc::pollfd {
        fd,
        events: 0,
        revents: 0,
    };
    let mut files = [unopened(0), unopened(1), unopened(2)];
    // SAFETY: the kernel writes to the three elements, which live longer than the call.
    if unsafe { libc::poll(files.as_mut_ptr(), 3, 0) } <= 0 {
        return;
    }
    for file in files {
        if file.revents & libc::POLLNVAL != 0 {
            let null = nix::fcntl::open("/dev/null", OFlag::O_RDWR, nix::sys::stat::Mode::empty());
            // the lowest free number is that of the closed file, and it stays open
            if let Ok(null) = null {
                std::mem::forget(null);
            }
        }
    }
}

/// Writing to a pipe without a reader is an error and no death.
fn ignore_broken_pipes() {
    use nix::sys::signal::{SigHandler, Signal, signal};
    // SAFETY: no handler is installed, so no code can run at a bad moment. It fails for no valid signal.
    let _ = unsafe { signal(Signal::SIGPIPE, SigHandler::SigIgn) };
}

#[cfg(test)]
mod tests {
    use super::{PANICKED, run};

    #[test]
    fn the_status_is_what_the_program_says() {
        assert_eq!(run(|| 0), 0);
        assert_eq!(run(|| 255), 255);
        assert_eq!(run(|| panic!("as asked")), PANICKED);
    }
}
