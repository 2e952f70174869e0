//! What the field is made of: ids, facets, states, numbers, dates. Pure functions and plain data;
//! it knows neither storage nor cryptographic keys, and does no I/O.

pub mod clock;
pub mod day;
pub mod deadline;
pub mod facets;
pub mod ids;
pub mod role;
pub mod state;
pub(crate) mod text_enum;
pub mod transcript;
