//! Rewrites the XML of a part, element by element. Comments and processing instructions go, document types are
//! refused; nothing is expanded.

use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, Writer};

use crate::vault::cleaning::Why;
use crate::vault::cleaning::removed::{Removed, Trace};

/// Elements within elements.
const DEEPEST: usize = 512;

/// What becomes of an element.
pub(super) enum Step {
    Keep,
    /// With all that is in it.
    Drop,
    /// Its tags stay, its contents go.
    Empty,
}

pub(super) trait Rewrite {
    fn element(&mut self, element: &mut BytesStart<'static>, removed: &mut Removed) -> Step;
}

pub(super) fn rewrite(text: &str, rules: &mut dyn Rewrite, removed: &mut Removed) -> Result<Vec<u8>, Why> {
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    let mut writer = Writer::new(Vec::with_capacity(text.len()));
    let mut depth = 0_usize;
    // Nothing is written while deeper than this.
    let mut silent: Option<usize> = None;
    let mut root = false;
    loop {
        let event = reader.read_event().map_err(|_| Why::Malformed)?;
        let mut write = silent.is_none();
        let new = match event {
            Event::Eof => break,
            Event::DocType(_) => return Err(Why::Malformed),
            Event::Comment(_) | Event::PI(_) => continue,
            Event::Start(start) => {
                root = true;
                depth += 1;
                if depth > DEEPEST {
                    return Err(Why::TooLarge);
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
                    // The end of an emptied element is written, that of a dropped one is not.
                    Some(limit) if limit == depth => {
                        silent = None;
                        write = true;
                    }
                    Some(limit) if limit + 1 == depth => silent = None,
                    _ => {}
                }
                depth = depth.checked_sub(1).ok_or(Why::Malformed)?;
                Event::End(end)
            }
            other => other,
        };
        if write {
            writer.write_event(new).map_err(|_| Why::Malformed)?;
        }
    }
    if depth != 0 || !root {
        return Err(Why::Malformed);
    }
    Ok(writer.into_inner())
}

pub(super) fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = element.try_get_attribute(name).ok()??;
    Some(found.value.into_owned())
}

/// Sets an attribute that is there to text that needs no escapes.
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

/// Writes the element's attributes anew, where any of them changes.
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
        // As it came, escaped already, but for the other sort of quotes.
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

/// The rules for parts of text and of tables.
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
            // Comments of a sheet, with a list of authors.
            self.root_is_comments = local == "comments" && prefix != "w";
        }
        let gone = match local {
            "rsids" | "rsid" => Some(Trace::Revisions),
            "docVars" | "mailMerge" | "attachedTemplate" | "printerSettings" | "absPath" | "saveThroughXslt" => {
                Some(Trace::Other)
            }
            "docId" | "creationId" | "revisionPtr" | "documentId" => Some(Trace::Other),
            "fileVersion" => Some(Trace::Software),
            "customWorkbookViews" | "fileSharing" => Some(Trace::Author),
            _ => None,
        };
        if let Some(trace) = gone {
            removed.insert(trace);
            return Step::Drop;
        }
        for (trace, rule) in RULES {
            removed.insert_if(*trace, edit(element, |key, _| rule(local, key)));
        }
        if self.root_is_comments && local == "author" {
            removed.insert(Trace::Author);
            return Step::Empty;
        }
        Step::Keep
    }
}

type Rule = fn(&str, &str) -> Edit<'static>;

/// By the element's local name and the attribute's name.
const RULES: &[(Trace, Rule)] = &[
    (Trace::Revisions, |_, key| {
        let (prefix, local) = split(key);
        // Of Word's editing sessions, and of Excel's.
        if local.starts_with("rsid") || (local == "uid" && prefix.starts_with("xr")) {
            Edit::Drop
        } else {
            Edit::Keep
        }
    }),
    (Trace::Author, |element, key| match (element, split(key)) {
        // Word asks for it, so it stays, empty.
        (_, ("w" | "w15", "author")) | ("person", ("", "userId" | "providerId")) => Edit::Set(""),
        // `ed`: the accounts that may edit.
        (_, ("w", "initials")) | ("permStart", (_, "ed")) => Edit::Drop,
        // Persons of comments in sheets.
        ("person", ("", "displayName")) => Edit::Set("-"),
        _ => Edit::Keep,
    }),
    (Trace::Dates, |element, key| match (element, split(key)) {
        (_, ("w", "date") | (_, "dateUtc")) | ("threadedComment", ("", "dT")) => Edit::Drop,
        _ => Edit::Keep,
    }),
    (Trace::Other, |element, key| match (element, split(key)) {
        // What it names went.
        ("pageSetup", (_, "id")) => Edit::Drop,
        _ => Edit::Keep,
    }),
];
