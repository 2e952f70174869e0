//! The texts of e-mails. They say nothing of a case but its number, and that only to a person who has just given the address.

use std::time::{Duration, SystemTime};

use askama::Template;
use lettre::Message;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};

use crate::i18n::Texts;
use crate::service::notifications::digests::Summary;

/// An e-mail, with the same words as text and as HTML.
#[derive(Template)]
#[template(path = "mail/message.txt")]
pub(super) struct Email {
    t: Texts,
    subject: String,
    paragraphs: Vec<String>,
    /// Counts, one a line.
    counts: Vec<String>,
    link_text: String,
    link: String,
    /// Small print.
    small: Vec<String>,
}

#[derive(Template)]
#[template(path = "mail/message.html")]
struct Html<'a> {
    email: &'a Email,
}

impl Email {
    /// The number of a case, for the person who has just given this address.
    pub(super) fn number(t: &Texts, public_url: &str, number: &str) -> Self {
        Self {
            subject: t.get("mail-number-subject"),
            paragraphs: vec![
                t.with("mail-number-text", &[("number", number.to_owned().into())]),
                t.get("mail-number-use"),
                t.get("mail-number-link"),
            ],
            counts: Vec::new(),
            link_text: t.get("mail-follow-up"),
            link: page_url(t, public_url, "/follow-up"),
            small: vec![t.get("mail-stop"), t.get("mail-mistake"), t.get("mail-no-answers")],
            t: t.clone(),
        }
    }

    /// The news that there is something new, without its subject.
    pub(super) fn news(t: &Texts, public_url: &str) -> Self {
        Self {
            subject: t.get("mail-news-subject"),
            paragraphs: vec![t.get("mail-news-text")],
            counts: Vec::new(),
            link_text: t.get("mail-follow-up"),
            link: page_url(t, public_url, "/follow-up"),
            small: vec![t.get("mail-stop"), t.get("mail-no-answers")],
            t: t.clone(),
        }
    }

    /// The digest of a member of staff.
    pub(super) fn digest(t: &Texts, public_url: &str, summary: &Summary) -> Self {
        let counts = [
            ("mail-digest-new", summary.new),
            ("mail-digest-overdue", summary.overdue),
            ("mail-digest-answers", summary.answers),
            ("mail-digest-validations", summary.validations),
            ("mail-digest-unseals", summary.unseals),
        ];
        Self {
            subject: t.get("mail-digest-subject"),
            paragraphs: vec![t.get("mail-digest-text")],
            counts: counts
                .into_iter()
                .filter(|(_, count)| *count > 0)
                .map(|(key, count)| t.with(key, &[("count", count.into())]))
                .collect(),
            link_text: t.get("mail-sign-in"),
            link: page_url(t, public_url, "/staff/sign-in"),
            small: vec![t.get("mail-digest-stop"), t.get("mail-no-answers")],
            t: t.clone(),
        }
    }

    /// The notice to an auditor that an identity was opened.
    pub(super) fn opening(t: &Texts, public_url: &str) -> Self {
        Self {
            subject: t.get("mail-opening-subject"),
            paragraphs: vec![t.get("mail-opening-text")],
            counts: Vec::new(),
            link_text: t.get("mail-sign-in"),
            link: page_url(t, public_url, "/staff/sign-in"),
            small: vec![t.get("mail-opening-stop"), t.get("mail-no-answers")],
            t: t.clone(),
        }
    }

    /// Builds the message to send. `id` is random and becomes the message id at the sender's domain.
    pub(super) fn to_message(&self, from: &Mailbox, to: &str, id: &str, now: i64) -> Result<Message, InvalidAddress> {
        let to = to.parse().map_err(|_| InvalidAddress)?;
        let (text, html) = (self.render(), Html { email: self }.render());
        let (Ok(text), Ok(html)) = (text, html) else {
            return Err(InvalidAddress);
        };
        let sent = SystemTime::UNIX_EPOCH + Duration::from_secs(now.unsigned_abs());
        Message::builder()
            .from(from.clone())
            .to(Mailbox::new(None, to))
            .subject(self.subject.clone())
            .date(sent)
            .message_id(Some(format!("<{id}@{}>", from.email.domain())))
            // RFC 3834: asks for no automatic answers.
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".into(),
            ))
            .multipart(MultiPart::alternative_plain_html(text, html))
            .map_err(|_| InvalidAddress)
    }
}

/// The address cannot receive e-mail.
#[derive(Debug)]
pub(super) struct InvalidAddress;

/// The address of a page, in the language of the texts.
fn page_url(t: &Texts, public_url: &str, path: &str) -> String {
    if t.is_default() {
        format!("{public_url}{path}")
    } else {
        format!("{public_url}{path}?lang={}", t.language())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Languages;

    const URL: &str = "https://sigilo.test";
    const SUMMARY: Summary = Summary {
        new: 2,
        overdue: 1,
        answers: 0,
        validations: 0,
        unseals: 0,
    };

    fn all(language: &str) -> [Email; 3] {
        let t = Languages::load().unwrap().texts(Some(language));
        [
            Email::number(&t, URL, "2026-K7Q2M9-X"),
            Email::news(&t, URL),
            Email::digest(&t, URL, &SUMMARY),
        ]
    }

    #[test]
    fn text_and_html_say_the_same_in_every_language() {
        for language in ["es", "en"] {
            for email in all(language) {
                let (text, html) = (email.render().unwrap(), Html { email: &email }.render().unwrap());
                for part in email.paragraphs.iter().chain(&email.counts).chain(&email.small) {
                    assert!(text.contains(part) && html.contains(part), "{part}\n{text}\n{html}");
                }
                assert!(text.contains(&email.link) && html.contains(&format!("href=\"{}\"", email.link)));
                assert!(html.contains(&format!("<html lang=\"{language}\">")), "{html}");
                // Nothing is fetched from anywhere: that would tell when and where a mail is read.
                for banned in ["<img", "<script", "<link", "url(", "src=", "?id=", "utm_"] {
                    assert!(!html.contains(banned), "{banned} in {html}");
                }
            }
        }
    }

    #[test]
    fn only_the_number_mail_names_the_number_and_links_keep_the_language() {
        let [number, news, digest] = all("en");
        assert!(number.render().unwrap().contains("2026-K7Q2M9-X"));
        assert_eq!(news.link, "https://sigilo.test/follow-up?lang=en");
        for email in [news, digest] {
            assert!(!email.render().unwrap().contains("2026"));
        }
        assert_eq!(all("es")[1].link, "https://sigilo.test/follow-up");
    }

    #[test]
    fn a_digest_tells_what_there_is_and_nothing_else() {
        let [_, _, digest] = all("es");
        assert_eq!(digest.counts.len(), 2, "{:?}", digest.counts);
    }

    #[test]
    fn headers_tell_neither_the_machine_nor_the_program() {
        let [_, news, _] = all("es");
        let from: Mailbox = "Sigilo <no-responder@sigilo.test>".parse().unwrap();
        let mail = news
            .to_message(&from, "buzon@correo.test", "00ff", 1_795_532_400)
            .unwrap();
        let text = String::from_utf8(mail.formatted()).unwrap();
        for part in [
            "Message-ID: <00ff@sigilo.test>\r\n",
            "Auto-Submitted: auto-generated\r\n",
            "Date: Tue, 24 Nov 2026 15:00:00 +0000\r\n",
            "To: buzon@correo.test\r\n",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        for banned in ["reply-to", "user-agent", "x-mailer", "lettre", "localhost", "received"] {
            assert!(!text.to_lowercase().contains(banned), "{banned} in {text}");
        }
        assert!(news.to_message(&from, "no address", "00ff", 0).is_err());
    }
}
