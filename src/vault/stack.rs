//! What functions leave on the stack when they return: libraries copy what they hash and encrypt there, and nobody wipes
//! it. The allocator sees the heap only.

/// Deeper than any call that handles plaintext goes, in bytes; far below a thread's 2 MiB.
const DEPTH: usize = 256 * 1024;

/// Overwrites the stack below the caller: what the functions that it has called left there.
#[inline(never)]
#[expect(clippy::large_stack_arrays, reason = "the stack is what is wiped")]
pub fn wipe_stack() {
    let below = [0_u8; DEPTH];
    // The array must be there, zeros and all, although nobody reads it.
    std::hint::black_box(&below);
}
