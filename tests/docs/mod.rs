//! The documents of the repository, held against the program: commands are run, settings compared, links followed.

mod blocks;
mod configuration;
mod operations;
mod readme;
mod texts;
