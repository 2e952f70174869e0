//! The questions as data, and the one engine that walks them for every channel. Knows no HTML, no HTTP, no database.

mod answers;
mod check;
pub mod draft;
pub mod engine;
pub mod profile;
mod report;
mod routing;
mod screen;
pub mod view;
