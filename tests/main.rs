//! Every integration test, in one binary.

mod contract;
mod structure;
mod support;
