//! How a browser reaches Sigilo: the routes' table, guards, pages, texts, assets.

pub mod access;
mod api;
pub mod assets;
pub mod beside;
mod cookies;
mod error;
pub mod guards;
mod incoming;
pub mod pages;
pub mod router;
mod security;
pub mod site;
pub mod tls;
mod webhook;

pub use router::{ROUTES, router};
pub use site::Site;
