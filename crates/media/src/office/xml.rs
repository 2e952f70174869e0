//! Rewrites the XML of a part, element by element. Comments and processing instructions are removed, document types are
//! refused, entities are not expanded.

use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, Writer};

use crate::outcome::Reason;
use crate::removed::{MetadataKind, Removed};

/// Limit for nested elements.
const MAX_DEPTH: usize = 512;

/// The decision about an element.
pub(super) enum Step {
    Keep,
    /// Removes the element with its contents.
    Drop,
    /// Removes the contents and keeps the tags.
    Empty,
}

pub(super) trait Rewrite {
    fn element(&mut self, element: &mut BytesStart<'static>, removed: &mut Removed) -> Step;
}

pub(super) fn rewrite(text: &str, rules: &mut dyn Rewrite, removed: &mut Removed) -> Result<Vec<u8>, Reason> {
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    let mut writer = Writer::new(Vec::with_capacity(text.len()));
    let mut depth = 0_usize;
    // Nothing is written below this depth.
    let mut silent: Option<usize> = None;
    let mut root = false;
    loop {
        let event = reader.read_event().map_err(|_| Reason::Malformed)?;
        let mut write = silent.is_none();
        let new = match event {
            Event::Eof => break,
            Event::DocType(_) => return Err(Reason::Malformed),
            Event::Comment(_) | Event::PI(_) => continue,
            Event::Start(start) => {
                root = true;
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(Reason::TooLarge);
                }
                let mut start = start.into_owned();
                if silent.is_none() {
                    match rules.element(&mut start, removed) {
                        Step::Keep => {}
                        Step::Drop => {
                            silent = Some(depth - 1);
                            write = false;
                        }
                        Step::Empty => silent = Some(depth),
                    }
                }
                Event::Start(start)
            }
            Event::Empty(start) => {
                root = true;
                let mut start = start.into_owned();
                write = write && !matches!(rules.element(&mut start, removed), Step::Drop);
                Event::Empty(start)
            }
            Event::End(end) => {
                match silent {
                    // The end tag of an emptied element is written, that of a dropped element is not.
                    Some(limit) if limit == depth => {
                        silent = None;
                        write = true;
                    }
                    Some(limit) if limit + 1 == depth => silent = None,
                    _ => {}
                }
                depth = depth.checked_sub(1).ok_or(Reason::Malformed)?;
                Event::End(end)
            }
            other => other,
        };
        if write {
            writer.write_event(new).map_err(|_| Reason::Malformed)?;
        }
    }
    if depth != 0 || !root {
        return Err(Reason::Malformed);
    }
    Ok(writer.into_inner())
}

pub(super) fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = element.try_get_attribute(name).ok()??;
    Some(found.value.into_owned())
}

/// Changes an existing attribute. The new text must need no escapes.
pub(super) fn set(element: &mut BytesStart<'static>, name: &str, value: &str) {
    edit(
        element,
        |key, _| if key == name { Edit::Set(value) } else { Edit::Keep },
    );
}

enum Edit<'a> {
    Keep,
    Drop,
    Set(&'a str),
}

/// Rewrites the element's attributes if any of them changes. Returns true if one did.
fn edit<'a>(element: &mut BytesStart<'static>, rule: impl Fn(&str, &str) -> Edit<'a>) -> bool {
    let old: Vec<(String, String)> = element
        .attributes()
        .with_checks(false)
        .flatten()
        .map(|attribute| (attribute.key.0.to_owned(), attribute.value.into_owned()))
        .collect();
    let same = |(key, value): &(String, String)| match rule(key, value) {
        Edit::Keep => true,
        Edit::Drop => false,
        Edit::Set(new) => new == value,
    };
    if old.iter().all(same) {
        return false;
    }
    element.clear_attributes();
    for (key, value) in &old {
        let value = match rule(key, value) {
            Edit::Keep => value.as_str(),
            Edit::Set(new) => new,
            Edit::Drop => continue,
        };
        // The value is escaped already, except for double quotes.
        element.push_attribute(Attribute {
            key: quick_xml::name::QName(key),
            value: value.replace('"', "&quot;").into(),
        });
    }
    true
}

fn split(name: &str) -> (&str, &str) {
    name.split_once(':').unwrap_or(("", name))
}

/// The rules for parts of texts and spreadsheets.
#[derive(Default)]
pub(super) struct Filter {
    root_is_comments: bool,
    root_seen: bool,
}

impl Rewrite for Filter {
    fn element(&mut self, element: &mut BytesStart<'static>, removed: &mut Removed) -> Step {
        let name = element.name().0.to_owned();
        let (prefix, local) = split(&name);
        if !self.root_seen {
            self.root_seen = true;
            // Comments of a spreadsheet, with a list of authors.
            self.root_is_comments = local == "comments" && prefix != "w";
        }
        let gone = match local {
            "rsids" | "rsid" => Some(MetadataKind::Revisions),
            "docVars" | "mailMerge" | "attachedTemplate" | "printerSettings" | "absPath" | "saveThroughXslt" => {
                Some(MetadataKind::Other)
            }
            "docId" | "creationId" | "revisionPtr" | "documentId" => Some(MetadataKind::Other),
            "fileVersion" => Some(MetadataKind::Software),
            "customWorkbookViews" | "fileSharing" => Some(MetadataKind::Author),
            _ => None,
        };
        if let Some(kind) = gone {
            removed.insert(kind);
            return Step::Drop;
        }
        for (kind, rule) in RULES {
            removed.insert_if(*kind, edit(element, |key, _| rule(local, key)));
        }
        if self.root_is_comments && local == "author" {
            removed.insert(MetadataKind::Author);
            return Step::Empty;
        }
        Step::Keep
    }
}

type Rule = fn(&str, &str) -> Edit<'static>;

/// A rule for attributes, by the element's local name and the attribute's name.
const RULES: &[(MetadataKind, Rule)] = &[
    (MetadataKind::Revisions, |_, key| {
        let (prefix, local) = split(key);
        // Ids of editing sessions in Word and Excel.
        if local.starts_with("rsid") || (local == "uid" && prefix.starts_with("xr")) {
            Edit::Drop
        } else {
            Edit::Keep
        }
    }),
    (MetadataKind::Author, |element, key| match (element, split(key)) {
        // Word requires the attribute, so it stays, empty.
        (_, ("w" | "w15", "author")) | ("person", ("", "userId" | "providerId")) => Edit::Set(""),
        // `ed` names the accounts that may edit.
        (_, ("w", "initials")) | ("permStart", (_, "ed")) => Edit::Drop,
        // Persons of comments in spreadsheets.
        ("person", ("", "displayName")) => Edit::Set("-"),
        _ => Edit::Keep,
    }),
    (MetadataKind::Dates, |element, key| match (element, split(key)) {
        (_, ("w", "date") | (_, "dateUtc")) | ("threadedComment", ("", "dT")) => Edit::Drop,
        _ => Edit::Keep,
    }),
    (MetadataKind::Other, |element, key| match (element, split(key)) {
        // It refers to printer settings, which are removed.
        ("pageSetup", (_, "id")) => Edit::Drop,
        _ => Edit::Keep,
    }),
];
