//! The reporter's pages: the report, its receipt, and the way back to the case.

pub mod case_files;
pub mod chat;
pub mod chat_view;
pub mod draft_files;
pub(crate) mod email_notice_forms;
pub mod email_notices;
pub mod follow_up_case;
pub mod follow_up_entry;
pub(crate) mod intake;
pub(crate) mod intake_origin;
pub mod landing;
pub mod leave;
pub(crate) mod message;
pub mod own_data;
pub mod own_identity;
pub mod problem;
pub mod receipt;
mod upload;
