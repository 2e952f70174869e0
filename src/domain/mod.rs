//! What the field is made of: ids, facets, states, numbers, dates. Pure functions and plain data;
//! it knows neither storage nor cryptographic keys, and does no I/O.

pub mod cedula;
pub mod clock;
pub mod day;
pub mod deadline;
pub mod desk;
pub mod email;
pub mod facets;
pub mod ids;
pub mod note;
pub mod notice;
pub mod number;
pub mod phone;
pub mod rate_limit;
pub mod role;
pub mod ruc;
pub mod state;
pub(crate) mod text_enum;
pub mod transcript;
