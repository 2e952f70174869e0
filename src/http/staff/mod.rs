//! The staff's pages. The browser opens what is sealed; these pages never do.

pub mod case;
pub mod desk;
pub mod desk_case;
pub mod filing;
pub mod inbox;
pub(crate) mod labels;
pub mod list;
pub mod log;
pub mod overview;
pub mod problem;
pub mod recusal;
pub mod settings;
pub mod shell;
pub mod sign_in;
pub mod verdict_choice;
pub mod waiting;
