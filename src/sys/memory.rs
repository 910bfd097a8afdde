//! How the allocator treats large blocks.

/// Blocks from this size on are mapped one by one, in bytes.
#[cfg(target_env = "gnu")]
const MAPPED: libc::c_int = 128 * 1024;

/// Makes large blocks go back to the system as soon as they are freed. Left alone, the GNU allocator raises
/// its threshold with the first large block that is freed, and after one large request the daemon would
/// stay large; every fork copies its page tables.
pub fn return_large_blocks() {
    #[cfg(target_env = "gnu")]
    for parameter in [libc::M_MMAP_THRESHOLD, libc::M_TRIM_THRESHOLD] {
        // SAFETY: mallopt takes two numbers, and no other thread allocates meanwhile: there is none.
        let _ = unsafe { libc::mallopt(parameter, MAPPED) };
    }
}
