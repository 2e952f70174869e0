//! Spanish words of names and addresses that identify nobody by themselves.

/// Particles of names and addresses.
pub(super) const PARTICLES: [&str; 16] = [
    "de", "del", "la", "las", "el", "los", "y", "e", "da", "das", "do", "dos", "di", "van", "von", "san",
];
/// Generic words of addresses.
const GENERIC: [&str; 36] = [
    "av",
    "avda",
    "avenida",
    "calle",
    "c",
    "calles",
    "pasaje",
    "psje",
    "casa",
    "piso",
    "dep",
    "depto",
    "dpto",
    "departamento",
    "sector",
    "barrio",
    "entre",
    "esquina",
    "esq",
    "no",
    "nro",
    "num",
    "numero",
    "n",
    "mz",
    "manzana",
    "lt",
    "lote",
    "villa",
    "solar",
    "conjunto",
    "edificio",
    "edif",
    "km",
    "via",
    "ciudadela",
];

/// Returns true for a particle or a generic word of addresses.
pub(super) fn is_generic(word: &str) -> bool {
    PARTICLES.contains(&word) || GENERIC.contains(&word)
}
