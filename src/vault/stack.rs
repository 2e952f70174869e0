//! Wiping of the stack: libraries leave copies there of the bytes that they hash and encrypt.
//! The allocator, which wipes freed memory, sees the heap only.

use std::future::{Future, poll_fn};

/// Bytes that are wiped: more than any call that handles plaintext uses, and far below a thread's 2 MiB.
const DEPTH_BYTES: usize = 256 * 1024;

/// Overwrites the stack below the caller, where the functions that it has called left their data.
#[inline(never)]
#[expect(clippy::large_stack_arrays, reason = "the stack is what is wiped")]
pub fn wipe_stack() {
    let below = [0_u8; DEPTH_BYTES];
    // Keeps the compiler from removing the array, which nobody reads.
    std::hint::black_box(&below);
}

/// Runs a future and wipes the stack after each poll.
pub async fn with_stack_wiped<T>(work: impl Future<Output = T>) -> T {
    let mut work = Box::pin(work);
    poll_fn(|context| {
        let turn = work.as_mut().poll(context);
        wipe_stack();
        turn
    })
    .await
}
