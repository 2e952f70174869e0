//! The institution's file (`profiles/*.toml`): its texts, categories, areas, questions and deadlines. It is checked when
//! it is loaded. It knows nothing of any one report.

pub(super) mod codes;
mod load;
pub(super) mod officers;
pub(super) mod question;
pub(super) mod text;
mod texts;
pub(super) mod types;
mod validate;

pub use codes::OTHER_ESTABLISHMENT;
pub use load::ProfileError;
pub use officers::{CheckClass, ErasureReason, OfficerRules, VerdictRule, VerdictRules};
pub use question::{AnswerType, ChoiceOption, Condition, Destination, Question};
pub use text::Text;
pub use texts::{DialogueTexts, ErrorTexts, MarkTexts};
pub use types::{
    Area, AttachmentLimits, Category, DocumentCheck, DocumentKind, IdentityRule, Kind, Profile, Purpose, Retention,
    ValidationRule,
};
