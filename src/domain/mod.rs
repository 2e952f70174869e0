//! What the field is made of: ids, facets, states, numbers, dates. Pure functions and plain data;
//! it knows neither storage nor cryptographic keys, and does no I/O.

pub mod clock;
pub mod ids;
pub mod transcript;
