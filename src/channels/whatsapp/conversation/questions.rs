//! From a screen of the dialogue to messages: the question, and what can be touched below it.

use std::fmt::Write as _;

use crate::channels::whatsapp::outbound::message::{BUTTON, ROWS, Saying, Touch};
use crate::dialogue::view::{Cleaning, Input, Opt, Preview, Prompt, Screen, Segment};
use crate::i18n::Texts;

/// Options that a page of a long list shows; one row leads on, one may leave the question open.
const PAGE: usize = ROWS - 2;

/// What comes back when something is touched: a verb, and what it is about, parted by slashes.
pub(crate) mod touch {
    pub(crate) const VALUE: &str = "v";
    pub(crate) const SKIP: &str = "s";
    pub(crate) const MORE: &str = "m";
    pub(crate) const DONE: &str = "d";
    pub(crate) const KEEP: &str = "k";
    pub(crate) const DROP: &str = "x";
    pub(crate) const BACK_TO: &str = "b";
    pub(crate) const COMMAND: &str = "c";
    pub(crate) const OWN_NUMBER: &str = "n";
}

/// Which of the options are shown on a page, counted from 0.
pub(crate) fn shown(options: &[Opt], page: usize) -> Vec<&Opt> {
    if options.len() <= PAGE + 1 {
        return options.iter().collect();
    }
    options.iter().skip(page * PAGE).take(PAGE).collect()
}

/// How many pages there are.
pub(crate) fn pages(options: &[Opt]) -> usize {
    if options.len() <= PAGE + 1 {
        1
    } else {
        options.len().div_ceil(PAGE)
    }
}

/// What surrounds a question.
pub(crate) struct Around<'a> {
    pub(crate) t: &'a Texts,
    /// What is said before the question, in the same message.
    pub(crate) lead: &'a str,
    /// Page of a long list.
    pub(crate) page: usize,
    /// The number from which the person writes, where the question is one for a number.
    pub(crate) own_number: Option<&'a str>,
    /// How many messages of a long answer there are already.
    pub(crate) gathered: usize,
}

/// The messages that ask what the screen asks.
pub(crate) fn ask(screen: &Screen, around: &Around<'_>) -> Vec<Saying> {
    let (t, prompt) = (around.t, &screen.prompt);
    let mut body = String::new();
    let mut add = |text: &str| {
        if !text.is_empty() {
            if !body.is_empty() {
                body.push_str("\n\n");
            }
            body.push_str(text);
        }
    };
    add(around.lead);
    if let Some(error) = &prompt.error {
        add(error);
    }
    if let Input::Consent { terms, .. } = &prompt.input {
        for term in terms {
            add(term);
        }
    }
    if let Input::Preview(preview) = &prompt.input {
        add(&in_words(preview, t));
    }
    if let Input::Refused { other_ways, .. } = &prompt.input {
        add(&other_ways
            .iter()
            .map(|way| format!("• {way}"))
            .collect::<Vec<_>>()
            .join("\n"));
    }
    add(&question(prompt, t));
    if around.gathered > 0 {
        add(&t.get("wa-gathering"));
    } else {
        add(&hint(prompt, t));
    }
    Saying::all(&body, touches(prompt, around), &t.get("wa-see-options"))
}

fn question(prompt: &Prompt, t: &Texts) -> String {
    let mut text = format!("*{}*", prompt.text);
    if let Some(help) = &prompt.help {
        text.push('\n');
        text.push_str(help);
    }
    if let Input::Shared { fields } = &prompt.input {
        for (number, field) in (1..).zip(fields) {
            let tick = if field.checked { " ✓" } else { "" };
            let _ = write!(text, "\n{number}. {}: {}{tick}", field.label, field.value);
        }
    }
    if let Input::Files { files, .. } = &prompt.input {
        for file in files {
            let state = match file.cleaning {
                Cleaning::Undecided => t.get("wa-file-undecided-mark"),
                Cleaning::Cleaned | Cleaning::Unchanged => String::new(),
            };
            let _ = write!(text, "\n• {} {state}", file.name);
        }
    }
    text
}

/// How to answer, where that is not plain from what can be touched.
fn hint(prompt: &Prompt, t: &Texts) -> String {
    match &prompt.input {
        Input::Text { max_chars, .. } if gathers(*max_chars) => t.get("wa-hint-story"),
        Input::Document { .. } => t.get("wa-hint-document"),
        Input::Files { files, limits } if files.is_empty() => t.with("wa-hint-files", &[("max", limits.files.into())]),
        Input::Shared { .. } => t.get("wa-hint-share"),
        _ => String::new(),
    }
}

/// Whether an answer may be longer than one message, so that it comes in several.
pub(crate) const fn gathers(max_chars: usize) -> bool {
    max_chars > 4096
}

fn touches(prompt: &Prompt, around: &Around<'_>) -> Vec<Touch> {
    let (t, step) = (around.t, prompt.step.as_str());
    let command = |word: &str, key: &str| Touch::new(format!("{}/{word}", touch::COMMAND), t.get(key));
    let value = |option: &Opt| Touch {
        id: format!("{}/{step}/{}", touch::VALUE, option.value),
        title: option.label.clone(),
        description: option.description.clone(),
    };
    let mut touches = match &prompt.input {
        Input::Choice { options, .. } => {
            let mut rows: Vec<Touch> = shown(options, around.page).into_iter().map(value).collect();
            let pages = pages(options);
            if pages > 1 {
                let next = (around.page + 1) % pages;
                rows.push(Touch::new(format!("{}/{step}/{next}", touch::MORE), t.get("wa-more")));
            }
            rows
        }
        Input::Consent {
            accept_label,
            refuse_label,
            ..
        } => vec![
            Touch::new(format!("{}/{step}/accept", touch::VALUE), accept_label.clone()),
            Touch::new(format!("{}/{step}/refuse", touch::VALUE), refuse_label.clone()),
        ],
        Input::Email {
            none_label: Some(label),
            ..
        } => vec![Touch::new(format!("{}/{step}/none", touch::VALUE), label.clone())],
        Input::Phone { .. } => {
            let own = around
                .own_number
                .map(|_| Touch::new(format!("{}/{step}", touch::OWN_NUMBER), t.get("wa-own-number")));
            own.into_iter().collect()
        }
        Input::Text { max_chars, .. } if gathers(*max_chars) && around.gathered > 0 => {
            vec![Touch::new(format!("{}/{step}", touch::DONE), t.get("wa-done"))]
        }
        Input::Files { files, .. } if !files.is_empty() => {
            vec![Touch::new(format!("{}/{step}", touch::DONE), t.get("wa-files-done"))]
        }
        Input::Shared { .. } => vec![Touch::new(
            format!("{}/{step}/none", touch::VALUE),
            t.get("wa-share-none"),
        )],
        Input::Preview(_) => vec![
            Touch::new(format!("{}/{step}/confirm", touch::VALUE), t.get("wa-preview-confirm")),
            command("change", "wa-change"),
        ],
        Input::Refused { .. } => vec![command("reconsider", "wa-reconsider"), command("menu", "wa-menu")],
        Input::Done => vec![command("send", "wa-send"), command("change", "wa-change")],
        _ => Vec::new(),
    };
    if let Some(label) = &prompt.skip_label {
        touches.push(Touch::new(format!("{}/{step}", touch::SKIP), label.clone()));
    }
    touches
}

/// The preview: what the area will read, and what goes apart.
fn in_words(preview: &Preview, t: &Texts) -> String {
    let mut parts = vec![t.get("preview-lead")];
    let lines = |pairs: &[(String, String)]| {
        pairs
            .iter()
            .map(|(label, value)| format!("{label}: {value}"))
            .collect::<Vec<_>>()
            .join("\n")
    };
    parts.push(lines(&preview.facets));
    for answer in &preview.narrative {
        let text: String = answer
            .segments
            .iter()
            .map(|segment| match segment {
                Segment::Text(text) => text.as_str(),
                Segment::Mark {
                    restored: true,
                    original,
                    ..
                } => original.as_str(),
                Segment::Mark { label, .. } => label.as_str(),
            })
            .collect();
        parts.push(format!("_{}_\n{text}", answer.question));
    }
    if !preview.files.is_empty() {
        let names: Vec<String> = preview.files.iter().map(|file| format!("• {}", file.name)).collect();
        parts.push(format!("_{}_\n{}", t.get("wa-preview-files"), names.join("\n")));
    }
    if !preview.shared.is_empty() {
        parts.push(format!("_{}_\n{}", t.get("preview-shared"), lines(&preview.shared)));
    }
    if !preview.pointed_out.is_empty() {
        parts.push(format!(
            "{}: {}",
            t.get("preview-others"),
            preview.pointed_out.join(", ")
        ));
    }
    let words: Vec<&str> = restorable(preview).into_iter().map(|(_, word, _)| word).collect();
    if !words.is_empty() {
        parts.push(t.with("wa-preview-restore", &[("words", words.join(", ").into())]));
    }
    // Labels only: what is sealed need not stand in the chat once more.
    let labels: Vec<&str> = preview.identity.iter().map(|(label, _)| label.as_str()).collect();
    if !labels.is_empty() {
        parts.push(format!("_{}_\n{}", t.get("preview-identity"), labels.join(", ")));
    }
    parts.join("\n\n")
}

/// The words that may be shown: the id of the mark, the words, whether they are shown now.
pub(crate) fn restorable(preview: &Preview) -> Vec<(&str, &str, bool)> {
    let segments = preview.narrative.iter().flat_map(|answer| &answer.segments);
    segments
        .filter_map(|segment| match segment {
            Segment::Mark {
                id,
                restorable: true,
                original,
                restored,
                ..
            } => Some((id.as_str(), original.as_str(), *restored)),
            _ => None,
        })
        .collect()
}

/// A list of the answers that can be changed, latest first.
pub(crate) fn changes(screen: &Screen, t: &Texts) -> Vec<Saying> {
    let rows = screen
        .turns
        .iter()
        .rev()
        .take(ROWS)
        .map(|turn| Touch {
            id: format!("{}/{}", touch::BACK_TO, turn.step),
            title: turn.question.clone(),
            description: None,
        })
        .collect();
    Saying::all(&t.get("wa-change-which"), rows, &t.get("wa-see-options"))
}

/// Touches that stand below a text of ours.
pub(crate) fn commands(t: &Texts, all: &[(&str, &str)]) -> Vec<Touch> {
    all.iter()
        .map(|(word, key)| {
            let title = t.get(key);
            debug_assert!(title.chars().count() <= BUTTON, "{key} is too long for a button");
            Touch::new(format!("{}/{word}", touch::COMMAND), title)
        })
        .collect()
}
