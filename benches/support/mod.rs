//! A complete report for the figures, by the same questions as in the chat; visibly synthetic.

use sigilo::dialogue::draft::Draft;
use sigilo::dialogue::engine::{self, Form};
use sigilo::dialogue::profile::Profile;

/// Sentences that a narrative repeats; some hold the reporter's own identifiers, so that redaction has work.
const STORY: &str = "Me pidieron dinero en la ventanilla para adelantar un turno que ya tenía. Soy Sintética Prueba \
    Ejemplo, cédula 171003406-5, y mi teléfono es 099 123 4567. Pasó un lunes por la mañana, delante de otras personas. ";

/// The institution's profile, as shipped.
pub(crate) fn profile() -> Profile {
    Profile::parse(include_str!("../../profiles/iess.toml")).unwrap()
}

/// A narrative of so many characters.
pub(crate) fn story(characters: usize) -> String {
    STORY.chars().cycle().take(characters).collect()
}

/// What a form sends at a step.
fn form(step: &str) -> Form {
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

/// Answers every question that a draft still asks.
pub(crate) fn complete(profile: &Profile, draft: &mut Draft) {
    while !engine::is_complete(profile, draft) {
        let step = engine::screen(profile, draft).prompt.step;
        engine::answer(profile, draft, &step, &form(&step)).unwrap_or_else(|error| panic!("{step}: {error:?}"));
    }
}
