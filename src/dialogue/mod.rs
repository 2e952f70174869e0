//! The questions as data, and the one engine that walks them for every channel. Knows no HTML, no HTTP, no database.

pub mod view;
