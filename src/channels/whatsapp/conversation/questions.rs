//! Questions as messages: renders a screen of the dialogue with its quick replies.

use std::fmt::Write as _;

use super::reply_ids;
use crate::channels::whatsapp::outbound::content::{MAX_BUTTON_CHARS, MAX_ROWS, MessageContent, QuickReply};
use crate::dialogue::{Cleaning, Input, OptionView, Preview, Prompt, Screen, TextSpan};
use crate::i18n::Texts;

/// Options on one page of a long list. One more row leads to the next page, and one may skip the question.
const PAGE_SIZE: usize = MAX_ROWS - 2;

/// Selects the options of a page, counted from 0.
pub(crate) fn options_on_page(options: &[OptionView], page: usize) -> Vec<&OptionView> {
    if options.len() <= PAGE_SIZE + 1 {
        return options.iter().collect();
    }
    options.iter().skip(page * PAGE_SIZE).take(PAGE_SIZE).collect()
}

/// Counts the pages of a list.
pub(crate) fn page_count(options: &[OptionView]) -> usize {
    if options.len() <= PAGE_SIZE + 1 {
        1
    } else {
        options.len().div_ceil(PAGE_SIZE)
    }
}

/// The context in which a question is asked.
pub(crate) struct QuestionContext<'a> {
    pub(crate) t: &'a Texts,
    /// Text before the question, in the same message.
    pub(crate) lead: &'a str,
    /// The page of a long list.
    pub(crate) page: usize,
    /// The number from which the person writes, offered if the question asks for a number.
    pub(crate) own_number: Option<&'a str>,
    /// The number of messages of a long answer that we have already.
    pub(crate) collected: usize,
}

/// Renders the question of a screen as messages.
pub(crate) fn render_question(screen: &Screen, context: &QuestionContext<'_>) -> Vec<MessageContent> {
    let (t, prompt) = (context.t, &screen.prompt);
    let mut body = String::new();
    let mut add = |text: &str| {
        if !text.is_empty() {
            if !body.is_empty() {
                body.push_str("\n\n");
            }
            body.push_str(text);
        }
    };
    add(context.lead);
    if let Some(error) = &prompt.error {
        add(error);
    }
    if let Input::Consent { terms, .. } = &prompt.input {
        for term in terms {
            add(term);
        }
    }
    if let Input::Preview(preview) = &prompt.input {
        add(&describe_preview(preview, t));
    }
    if let Input::Refused { other_ways, .. } = &prompt.input {
        add(&other_ways
            .iter()
            .map(|way| format!("• {way}"))
            .collect::<Vec<_>>()
            .join("\n"));
    }
    add(&question_text(prompt, t));
    if context.collected > 0 {
        add(&t.get("wa-gathering"));
    } else {
        add(&hint(prompt, t));
    }
    MessageContent::compose(&body, quick_replies(prompt, context), &t.get("wa-see-options"))
}

fn question_text(prompt: &Prompt, t: &Texts) -> String {
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

/// Explains how to answer, if the quick replies do not show it.
fn hint(prompt: &Prompt, t: &Texts) -> String {
    match &prompt.input {
        Input::Text { max_chars, .. } if may_span_messages(*max_chars) => t.get("wa-hint-story"),
        Input::Document { .. } => t.get("wa-hint-document"),
        Input::Files { files, limits } if files.is_empty() => t.with("wa-hint-files", &[("max", limits.files.into())]),
        Input::Shared { .. } => t.get("wa-hint-share"),
        _ => String::new(),
    }
}

/// Returns true if an answer may be longer than one message, so that it comes in several.
pub(crate) const fn may_span_messages(max_chars: usize) -> bool {
    max_chars > 4096
}

fn quick_replies(prompt: &Prompt, context: &QuestionContext<'_>) -> Vec<QuickReply> {
    let (t, step) = (context.t, prompt.step.as_str());
    let command = |word: &str, key: &str| QuickReply::new(format!("{}/{word}", reply_ids::COMMAND), t.get(key));
    let value = |option: &OptionView| QuickReply {
        id: format!("{}/{step}/{}", reply_ids::ANSWER, option.value),
        title: option.label.clone(),
        description: option.description.clone(),
    };
    let mut quick_replies = match &prompt.input {
        Input::Choice { options, .. } => {
            let mut rows: Vec<QuickReply> = options_on_page(options, context.page).into_iter().map(value).collect();
            let pages = page_count(options);
            if pages > 1 {
                let next = (context.page + 1) % pages;
                rows.push(QuickReply::new(
                    format!("{}/{step}/{next}", reply_ids::PAGE),
                    t.get("wa-more"),
                ));
            }
            rows
        }
        Input::Consent {
            accept_label,
            refuse_label,
            ..
        } => vec![
            QuickReply::new(format!("{}/{step}/accept", reply_ids::ANSWER), accept_label.clone()),
            QuickReply::new(format!("{}/{step}/refuse", reply_ids::ANSWER), refuse_label.clone()),
        ],
        Input::Email {
            none_label: Some(label),
            ..
        } => vec![QuickReply::new(
            format!("{}/{step}/none", reply_ids::ANSWER),
            label.clone(),
        )],
        Input::Phone { .. } => {
            let own = context
                .own_number
                .map(|_| QuickReply::new(format!("{}/{step}", reply_ids::OWN_NUMBER), t.get("wa-own-number")));
            own.into_iter().collect()
        }
        Input::Text { max_chars, .. } if may_span_messages(*max_chars) && context.collected > 0 => {
            vec![QuickReply::new(format!("{}/{step}", reply_ids::DONE), t.get("wa-done"))]
        }
        Input::Files { files, .. } if !files.is_empty() => {
            vec![QuickReply::new(
                format!("{}/{step}", reply_ids::DONE),
                t.get("wa-files-done"),
            )]
        }
        Input::Shared { .. } => vec![QuickReply::new(
            format!("{}/{step}/none", reply_ids::ANSWER),
            t.get("wa-share-none"),
        )],
        Input::Preview(_) => vec![
            QuickReply::new(
                format!("{}/{step}/confirm", reply_ids::ANSWER),
                t.get("wa-preview-confirm"),
            ),
            command("change", "wa-change"),
        ],
        Input::Refused { .. } => vec![command("reconsider", "wa-reconsider"), command("menu", "wa-menu")],
        Input::Done => vec![command("send", "wa-send"), command("change", "wa-change")],
        _ => Vec::new(),
    };
    if let Some(label) = &prompt.skip_label {
        quick_replies.push(QuickReply::new(format!("{}/{step}", reply_ids::SKIP), label.clone()));
    }
    quick_replies
}

/// Describes the preview: the part for the area, and the part that is sealed.
fn describe_preview(preview: &Preview, t: &Texts) -> String {
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
            .spans
            .iter()
            .map(|segment| match segment {
                TextSpan::Text(text) => text.as_str(),
                TextSpan::Mark {
                    restored: true,
                    original,
                    ..
                } => original.as_str(),
                TextSpan::Mark { label, .. } => label.as_str(),
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
    let words: Vec<&str> = restorable_words(preview).into_iter().map(|(_, word, _)| word).collect();
    if !words.is_empty() {
        parts.push(t.with("wa-preview-restore", &[("words", words.join(", ").into())]));
    }
    // Labels only: sealed values need not stand in the chat once more.
    let labels: Vec<&str> = preview.identity.iter().map(|(label, _)| label.as_str()).collect();
    if !labels.is_empty() {
        parts.push(format!("_{}_\n{}", t.get("preview-identity"), labels.join(", ")));
    }
    parts.join("\n\n")
}

/// Lists the redacted words that the person may restore: id of the mark, words, and true if they are restored now.
pub(crate) fn restorable_words(preview: &Preview) -> Vec<(&str, &str, bool)> {
    let spans = preview.narrative.iter().flat_map(|answer| &answer.spans);
    spans
        .filter_map(|segment| match segment {
            TextSpan::Mark {
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

/// Renders a list of the answers that can be changed, latest first.
pub(crate) fn render_changeable_answers(screen: &Screen, t: &Texts) -> Vec<MessageContent> {
    let rows = screen
        .turns
        .iter()
        .rev()
        .take(MAX_ROWS)
        .map(|turn| QuickReply {
            id: format!("{}/{}", reply_ids::GO_BACK, turn.step),
            title: turn.question.clone(),
            description: None,
        })
        .collect();
    MessageContent::compose(&t.get("wa-change-which"), rows, &t.get("wa-see-options"))
}

/// Builds quick replies for commands, from pairs of command and text key.
pub(crate) fn command_replies(t: &Texts, all: &[(&str, &str)]) -> Vec<QuickReply> {
    all.iter()
        .map(|(word, key)| {
            let title = t.get(key);
            debug_assert!(
                title.chars().count() <= MAX_BUTTON_CHARS,
                "{key} is too long for a button"
            );
            QuickReply::new(format!("{}/{word}", reply_ids::COMMAND), title)
        })
        .collect()
}
