//! System calls without the C library in between, for a child that still runs in its parent's memory.
//!
//! The C library keeps the error of a call in `errno`, which belongs to a thread. Such a child has no thread
//! memory of its own: it would write into the `errno` of the parent, who goes on meanwhile.

use std::ffi::{c_int, c_long};

/// The error of a call, as a positive number.
pub(super) type Failure = c_int;

/// Whether [`call`] leaves the C library's memory alone, here.
pub(super) const PRIVATE: bool = cfg!(any(
    target_arch = "x86_64",
    target_arch = "aarch64",
    target_arch = "riscv64"
));

/// Makes one system call with up to six arguments; those that it does not take are zero.
///
/// # Safety
///
/// What the arguments point to must be valid for what that call does with it.
pub(super) unsafe fn call(number: c_long, arguments: [usize; 6]) -> Result<usize, Failure> {
    // SAFETY: the caller's promise.
    let result = unsafe { bare(number, arguments) };
    // the kernel's errors are the last page of numbers
    match c_int::try_from(result) {
        Ok(error @ -4095..=-1) => Err(-error),
        _ => Ok(result.cast_unsigned()),
    }
}

#[cfg(target_arch = "x86_64")]
unsafe fn bare(number: c_long, arguments: [usize; 6]) -> isize {
    let [first, second, third, fourth, fifth, sixth] = arguments;
    let result: isize;
    // SAFETY: the kernel's convention; it changes no register but those named, and memory only as the caller
    // allowed.
    unsafe {
        std::arch::asm!(
            "syscall",
            inlateout("rax") number => result,
            in("rdi") first,
            in("rsi") second,
            in("rdx") third,
            in("r10") fourth,
            in("r8") fifth,
            in("r9") sixth,
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack),
        );
    }
    result
}

#[cfg(target_arch = "aarch64")]
unsafe fn bare(number: c_long, arguments: [usize; 6]) -> isize {
    let [first, second, third, fourth, fifth, sixth] = arguments;
    let result: isize;
    // SAFETY: the kernel's convention; it changes no register but the result's, and memory only as the caller
    // allowed.
    unsafe {
        std::arch::asm!(
            "svc 0",
            in("x8") number,
            inlateout("x0") first => result,
            in("x1") second,
            in("x2") third,
            in("x3") fourth,
            in("x4") fifth,
            in("x5") sixth,
            options(nostack),
        );
    }
    result
}

#[cfg(target_arch = "riscv64")]
unsafe fn bare(number: c_long, arguments: [usize; 6]) -> isize {
    let [first, second, third, fourth, fifth, sixth] = arguments;
    let result: isize;
    // SAFETY: the kernel's convention; it changes no register but the result's, and memory only as the caller
    // allowed.
    unsafe {
        std::arch::asm!(
            "ecall",
            in("a7") number,
            inlateout("a0") first => result,
            in("a1") second,
            in("a2") third,
            in("a3") fourth,
            in("a4") fifth,
            in("a5") sixth,
            options(nostack),
        );
    }
    result
}

#[cfg(not(any(
    target_arch = "x86_64",
    target_arch = "aarch64",
    target_arch = "riscv64"
)))]
unsafe fn bare(number: c_long, arguments: [usize; 6]) -> isize {
    let [first, second, third, fourth, fifth, sixth] = arguments;
    // SAFETY: the caller's promise.
    match unsafe { libc::syscall(number, first, second, third, fourth, fifth, sixth) } {
        -1 => -(crate::base::errno::Errno::last().0 as isize),
        result => result as isize,
    }
}

#[cfg(test)]
mod tests {
    use super::call;

    #[test]
    fn results_and_errors() {
        // SAFETY: the call takes nothing.
        let pid = unsafe { call(libc::SYS_getpid, [0; 6]) };
        assert_eq!(pid, Ok(std::process::id() as usize));
        // SAFETY: there is no such descriptor, and no memory is involved.
        let bad = unsafe { call(libc::SYS_close, [usize::MAX, 0, 0, 0, 0, 0]) };
        assert_eq!(bad, Err(libc::EBADF));
        let (reader, mut all) = (std::fs::File::open("/proc/self/mem"), [0_u8; 8]);
        drop(reader);
        let text = c"/no/such/folder";
        // SAFETY: the string ends with a null.
        let missing = unsafe { call(libc::SYS_chdir, [text.as_ptr() as usize, 0, 0, 0, 0, 0]) };
        assert_eq!(missing, Err(libc::ENOENT));
        let (pointer, length) = (all.as_mut_ptr() as usize, all.len());
        // SAFETY: the buffer is valid for its length.
        let random = unsafe { call(libc::SYS_getrandom, [pointer, length, 0, 0, 0, 0]) };
        assert_eq!(random, Ok(8));
        assert_ne!(all, [0; 8]);
    }
}
