//! Every integration test, in one binary.

use std::alloc::System;

pub(crate) use sigilo_testkit as support;
use zeroizing_alloc::ZeroAlloc;

mod adversary;
mod contract;
mod docs;
mod faults;
mod flows;
mod fuzzing;
mod routes;
mod sentinels;
mod structure;
mod vault;
mod vectors;

/// As in the server: what is freed is zeroed.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);
