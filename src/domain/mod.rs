//! The vocabulary of the field: ids, facets, states, case numbers, dates, documents. Pure functions and plain data.
//! It knows neither storage nor cryptographic keys, and does no I/O.

pub mod case_number;
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
pub mod phone;
pub mod rate_limit;
pub mod role;
pub mod row;
pub mod ruc;
pub mod state;
pub(crate) mod text_enum;
pub mod transcript;
