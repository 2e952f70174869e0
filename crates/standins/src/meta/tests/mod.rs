//! Tests that the stand-in refuses what Meta refuses, and notifies as Meta does.

mod limits;
mod media;
mod notifications;
mod sending;
mod server;
