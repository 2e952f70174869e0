//! The web: the routes' table, middleware, the pages of reporters and of staff, the JSON API and TLS.

pub mod api;
pub mod assets;
mod audience;
mod cookies;
mod error;
mod extract;
mod html;
pub mod https_redirect;
mod internal;
pub mod middleware;
mod officer_problem;
pub mod page;
mod probes;
mod render;
pub mod reporter;
pub mod route;
pub mod routes;
pub mod site;
pub mod staff;
mod static_files;
#[cfg(test)]
mod testing;
pub mod tls;
mod upload_stream;
mod webhook;

pub use internal::internal;
pub use routes::{ROUTES, router};
pub use site::Site;
