//! Tests that each documented limit is enforced, and no other.

use serde_json::{Value, json};

use crate::meta::request::read;
use crate::meta::tests::server::PHONE;

pub(super) fn text(to: &str, body: &str) -> Value {
    json!({ "messaging_product": "whatsapp", "to": to, "type": "text", "text": { "body": body } })
}

fn interactive(interactive: &Value) -> Value {
    json!({ "messaging_product": "whatsapp", "to": PHONE, "type": "interactive", "interactive": interactive })
}

pub(super) fn buttons(buttons: &[(&str, &str)]) -> Value {
    let buttons = buttons
        .iter()
        .map(|(id, title)| json!({ "type": "reply", "reply": { "id": id, "title": title } }));
    let buttons: Vec<_> = buttons.collect();
    interactive(&json!({ "type": "button", "body": { "text": "¿Sí?" }, "action": { "buttons": buttons } }))
}

pub(super) fn list(sections: &Value) -> Value {
    let action = json!({ "button": "Ver", "sections": sections });
    interactive(&json!({ "type": "list", "body": { "text": "Elija" }, "action": action }))
}

fn rows(count: usize, title: &str) -> Value {
    (0..count)
        .map(|row| json!({ "id": format!("fila-{row}"), "title": title }))
        .collect()
}

/// Meta's error code for this body. 0 if it is valid.
fn code(body: &Value) -> u32 {
    read(body.to_string().as_bytes()).map_or_else(|problem| problem.code, |_| 0)
}

#[test]
fn lists_keep_to_their_limits() {
    let long = "x".repeat(24);
    assert_eq!(code(&list(&json!([{ "rows": rows(10, &long) }]))), 0);
    assert_eq!(code(&list(&json!([{ "rows": rows(1, &format!("{long}x")) }]))), 131_009);
    assert_eq!(code(&list(&json!([{ "rows": rows(11, "Fila") }]))), 131_009);
    assert_eq!(code(&list(&json!([{ "rows": [] }]))), 131_009);
    let twins = json!([{ "id": "a", "title": "Uno" }, { "id": "a", "title": "Dos" }]);
    assert_eq!(code(&list(&json!([{ "rows": twins }]))), 131_009);
    let described =
        |length: usize| list(&json!([{ "rows": [{ "id": "a", "title": "Uno", "description": "d".repeat(length) }] }]));
    assert_eq!(code(&described(72)), 0);
    assert_eq!(code(&described(73)), 131_009);
    let named = |length: usize| list(&json!([{ "rows": [{ "id": "i".repeat(length), "title": "Uno" }] }]));
    assert_eq!(code(&named(200)), 0);
    assert_eq!(code(&named(201)), 131_009);
    // More than one section: each has a title, and the rows count together.
    let row = |id: &str| json!([{ "id": id, "title": "Fila" }]);
    assert_eq!(
        code(&list(
            &json!([{ "title": "A", "rows": row("a") }, { "title": "B", "rows": row("b") }])
        )),
        0
    );
    assert_eq!(
        code(&list(
            &json!([{ "title": "A", "rows": row("a") }, { "rows": row("b") }])
        )),
        131_008
    );
    assert_eq!(
        code(&list(
            &json!([{ "title": "A", "rows": rows(10, "Fila") }, { "title": "B", "rows": row("b") }])
        )),
        131_009
    );
}

#[test]
fn buttons_keep_to_their_limits() {
    let three = [("a", "Uno"), ("b", "Dos"), ("c", "Tres")];
    assert_eq!(code(&buttons(&three)), 0);
    assert_eq!(code(&buttons(&[])), 131_009);
    assert_eq!(
        code(&buttons(&[("a", "Uno"), ("b", "Dos"), ("c", "Tres"), ("d", "Cuatro")])),
        131_009
    );
    assert_eq!(code(&buttons(&[("a", &"x".repeat(20))])), 0);
    assert_eq!(code(&buttons(&[("a", &"x".repeat(21))])), 131_009);
    assert_eq!(code(&buttons(&[("a", "Uno"), ("a", "Dos")])), 131_009);
    assert_eq!(code(&buttons(&[("a", "Uno"), ("b", "Uno")])), 131_009);
    assert_eq!(code(&buttons(&[(&"i".repeat(257), "Uno")])), 131_009);
    assert_eq!(code(&buttons(&[(" a", "Uno")])), 131_009);
}

#[test]
fn texts_and_frames_keep_to_their_limits() {
    assert_eq!(code(&text(PHONE, &"x".repeat(4_096))), 0);
    assert_eq!(code(&text(PHONE, &"x".repeat(4_097))), 131_009);
    assert_eq!(code(&text(PHONE, " ")), 131_009);
    let framed = |body: usize, footer: usize, header: usize| {
        interactive(&json!({
            "type": "button",
            "header": { "type": "text", "text": "h".repeat(header) },
            "body": { "text": "b".repeat(body) },
            "footer": { "text": "f".repeat(footer) },
            "action": { "buttons": [{ "type": "reply", "reply": { "id": "a", "title": "Uno" } }] },
        }))
    };
    assert_eq!(code(&framed(1_024, 60, 60)), 0);
    assert_eq!(code(&framed(1_025, 60, 60)), 131_009);
    assert_eq!(code(&framed(1_024, 61, 60)), 131_009);
    assert_eq!(code(&framed(1_024, 60, 61)), 131_009);
}

#[test]
fn what_is_missing_or_unknown_is_refused() {
    assert_eq!(code(&json!({ "to": PHONE, "text": { "body": "x" } })), 131_008);
    assert_eq!(
        code(&json!({ "messaging_product": "whatsapp", "text": { "body": "x" } })),
        131_008
    );
    assert_eq!(
        code(&json!({ "messaging_product": "whatsapp", "to": PHONE, "type": "text" })),
        131_008
    );
    assert_eq!(
        code(&json!({ "messaging_product": "whatsapp", "to": PHONE, "type": "fax" })),
        131_051
    );
    assert_eq!(
        code(&json!({ "messaging_product": "other", "to": PHONE, "text": { "body": "x" } })),
        100
    );
    let mut misspelled = text(PHONE, "x");
    misspelled["txet"] = json!(1);
    assert_eq!(code(&misspelled), 100);
}
