//! Visibly synthetic answers of a reporter to each question.

use sigilo::dialogue::Form;

/// Sentences that a narrative repeats. Some contain the reporter's identifiers, which must be redacted.
const STORY: &str = "Me pidieron dinero en la ventanilla para adelantar un turno que ya tenía. Soy Sintética Prueba \
    Ejemplo, cédula 171003406-5, y mi teléfono es 099 123 4567. Pasó un lunes por la mañana, delante de otras personas. ";

/// Makes a narrative of this many characters.
pub(crate) fn story(characters: usize) -> String {
    STORY.chars().cycle().take(characters).collect()
}

/// The form for a step.
pub(crate) fn form(step: &str) -> Form {
    let fields: &[(&str, &str)] = match step {
        "kind" => &[("value", "denuncia")],
        "category" => &[("value", "coima")],
        "conflict" => &[("value", "no")],
        "province" => &[("value", "17")],
        "establishment" => &[("value", "otro")],
        "establishment-other" => &[("value", "Un dispensario inventado")],
        "whom" => &[("value", "me")],
        "date" => &[("value", "la semana pasada")],
        "identify" => &[("value", "yes")],
        "document" => &[("kind", "cedula"), ("number", "1710034065")],
        "name" => &[("value", "Sintética Prueba Ejemplo")],
        "phone" => &[("value", "099 123 4567")],
        "email" => &[("none", "1")],
        "address" => &[("value", "Calle Inventada 123 y Segunda")],
        "consent" => &[("value", "accept")],
        "files" => &[("skip", "1")],
        "preview" => &[("confirm", "1")],
        "share" => &[("share.phone", "1")],
        _ => return [("value".to_owned(), story(1000))].into(),
    };
    fields
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}
