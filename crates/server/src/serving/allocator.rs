//! How the memory allocator gives memory back: a server that has read a large document should be small again afterwards.

/// Blocks of at least this many bytes are given back to the system as soon as they are free.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const LARGE_BLOCK: i32 = 2 << 20;
/// Free memory at the end of the heap that is kept for the next block.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const KEPT_AT_THE_END: i32 = 16 << 20;

/// Tells the C library's allocator to give large blocks back. By default it learns from the first large block that is
/// freed (mallopt(3), `M_MMAP_THRESHOLD`: "dynamic") and takes all further ones, up to 32 MiB, from heaps where small
/// blocks hold them in place: every large document then leaves some of its memory behind. With other C libraries
/// nothing happens.
#[allow(
    unsafe_code,
    reason = "the allocator has no other interface; two numbers change, no memory is touched"
)]
pub fn give_large_blocks_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: mallopt takes its own lock and only stores the numbers; it may be called at any time, from any thread.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE_BLOCK);
        libc::mallopt(libc::M_TRIM_THRESHOLD, KEPT_AT_THE_END);
    }
}

#[cfg(all(test, target_os = "linux", target_env = "gnu"))]
mod tests {
    use super::*;
    use crate::serving::metrics::resident_bytes;

    const ALONE: &str = "GANGWAY_TEST_ALONE";

    #[test]
    fn what_large_documents_took_is_given_back() {
        // The memory of a process is measured, so it runs in one where no other test is.
        if std::env::var_os(ALONE).is_none() {
            let this = std::thread::current().name().unwrap().to_owned();
            let mut alone = std::process::Command::new(std::env::current_exe().unwrap());
            let alone = alone.args(["--exact", &this, "--nocapture"]).env(ALONE, "1").output().unwrap();
            let told = String::from_utf8_lossy(&alone.stdout);
            assert!(alone.status.success(), "{told}{}", String::from_utf8_lossy(&alone.stderr));
            assert!(told.contains("1 passed"), "{told}");
            return;
        }
        const BLOCK: usize = 6 << 20;
        give_large_blocks_back();
        // The first one that is freed is what the allocator would learn from.
        drop(vec![1_u8; BLOCK]);
        let before = resident_bytes().unwrap();
        let mut small = Vec::new();
        let mut large = Vec::new();
        for _ in 0..40 {
            large.push(vec![1_u8; BLOCK]);
            small.push(vec![1_u8; 4096]);
        }
        let grown = resident_bytes().unwrap() - before;
        assert!(grown >= 40 * BLOCK as u64, "{grown}");
        drop(large);
        let left = resident_bytes().unwrap().saturating_sub(before);
        assert!(left < 10 * BLOCK as u64, "{left} bytes of {grown} are still held");
        drop(small);
    }
}
