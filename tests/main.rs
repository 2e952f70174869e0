//! Every integration test, in one binary.

use std::alloc::System;

use zeroizing_alloc::ZeroAlloc;

mod adversary;
mod contract;
mod faults;
mod flows;
mod fuzzing;
mod routes;
mod sentinels;
mod structure;
mod support;
mod vault;
mod vectors;

/// As in the server: what is freed is zeroed.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);
