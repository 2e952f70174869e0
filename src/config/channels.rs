//! WhatsApp and e-mail.

use std::num::NonZeroU16;

use serde::Deserialize;

/// Messages a second that Meta lets a new number send.
pub const DEFAULT_MESSAGES_PER_SECOND: NonZeroU16 = NonZeroU16::new(80).expect("not zero");

/// `[whatsapp]`: Meta's Cloud API. Its three secrets are `[server.whatsapp]` of the key file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WhatsappConfig {
    /// The id of the number, not the number itself, as Meta's pages show it.
    pub phone_number_id: String,
    /// The number as people dial it, for the link on the first page: `+593962532338`.
    pub number: Option<String>,
    #[serde(default = "default_graph")]
    pub base_url: String,
    #[serde(default = "default_graph_version")]
    pub api_version: String,
    /// Hosts from which media are fetched; media of other hosts are refused.
    #[serde(default = "default_media_hosts")]
    pub media_hosts: Vec<String>,
    /// Messages a second that Meta lets the number send: 80, or more once Meta has raised it.
    #[serde(default = "default_messages_per_second")]
    pub messages_per_second: NonZeroU16,
    /// The approved template for "there is something new", without variables, in each language of the profile.
    pub news_template: Option<String>,
}

fn default_graph() -> String {
    "https://graph.facebook.com".to_owned()
}

fn default_graph_version() -> String {
    "v25.0".to_owned()
}

fn default_messages_per_second() -> NonZeroU16 {
    DEFAULT_MESSAGES_PER_SECOND
}

fn default_media_hosts() -> Vec<String> {
    vec!["lookaside.fbsbx.com".to_owned()]
}

/// `[email]`: a mail server. Its credentials are `[server.smtp]` of the key file, where it asks for one.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmailConfig {
    /// The sender: `Sigilo <no-responder@iess.example>`. Nobody reads answers to it.
    pub from: String,
    pub host: String,
    /// Without it: 465 with `tls`, 587 with `starttls`.
    pub port: Option<u16>,
    #[serde(default)]
    pub encryption: Encryption,
}

/// The protection of the connection to the mail server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encryption {
    #[default]
    Tls,
    Starttls,
    /// Only for a mail server on this machine.
    None,
}
