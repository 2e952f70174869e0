//! What people do, through the router.

mod report;
