//! What functions leave on the stack when they return: libraries copy what they hash and encrypt there, and nobody wipes
//! it. The allocator sees the heap only.

use std::future::{Future, poll_fn};

/// Deeper than any call that handles plaintext goes, in bytes; far below a thread's 2 MiB.
const DEPTH_BYTES: usize = 256 * 1024;

/// Overwrites the stack below the caller: what the functions that it has called left there.
#[inline(never)]
#[expect(clippy::large_stack_arrays, reason = "the stack is what is wiped")]
pub fn wipe_stack() {
    let below = [0_u8; DEPTH_BYTES];
    // The array must be there, zeros and all, although nobody reads it.
    std::hint::black_box(&below);
}

/// The same work, with the stack wiped each time that it gives its thread back.
pub async fn with_stack_wiped<T>(work: impl Future<Output = T>) -> T {
    let mut work = Box::pin(work);
    poll_fn(|context| {
        let turn = work.as_mut().poll(context);
        wipe_stack();
        turn
    })
    .await
}
