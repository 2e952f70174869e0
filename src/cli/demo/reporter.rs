//! Reporters of the demo: they file reports, attach files and make requests, as through the web chat.

use bytes::Bytes;
use futures_util::stream;

use crate::cli::demo::error::DemoError;
use crate::cli::demo::stories::{ReporterRequest, Story};
use crate::dialogue::{self, Correction, Form, Input};
use crate::domain::cedula;
use crate::domain::facets::Channel;
use crate::domain::ids::CaseId;
use crate::service::App;
use crate::service::intake::{DRAFT_LIFETIME_SECONDS, OpenDraft};
use crate::store;

impl ReporterRequest {
    /// Submits the request with the receipt, as the reporter would from the page of the case.
    pub(super) async fn submit(&self, app: &App, words: &str) -> Result<(), DemoError> {
        let cookie = app.follow_up.present_receipt(words, "es").await?;
        let session = app.follow_up.returning(&cookie).await?.ok_or("the session is gone")?;
        match self {
            Self::Erase => app.identities.ask_erasure(&session).await?,
            Self::Correct(phone) => {
                let own = app.follow_up.own_case(&session).await?;
                let narrative = own.narrative.ok_or("there is no story")?;
                let mut correction = Correction::of(&app.profile(), "es", own.case.kind, &narrative);
                let cedula = synthetic_cedula("24", 10);
                let fields = [
                    ("document.kind", "cedula"),
                    ("document.number", cedula.as_str()),
                    ("name.value", "Persona Ficticia Corregida"),
                    ("phone.value", *phone),
                    ("email.none", "1"),
                ];
                let form = Form::from(fields.map(|(name, value)| (name.to_owned(), value.to_owned())));
                let data = correction.read(&app.profile(), &form);
                let data = data.map_err(|errors| format!("{} answers are wrong", errors.len()))?;
                app.identities.correct_identity(&session, &data).await?;
            }
        }
        Ok(app.follow_up.end_follow_up(&session).await?)
    }
}

/// Surnames of people who do not exist.
const SURNAMES: [&str; 20] = [
    "Alfa", "Beta", "Gamma", "Delta", "Épsilon", "Zeta", "Eta", "Theta", "Iota", "Kappa", "Lambda", "Mi", "Ni", "Xi",
    "Ómicron", "Pi", "Rho", "Sigma", "Tau", "Ípsilon",
];

/// A synthetic cédula of the province, with the right check digit.
fn synthetic_cedula(province: &str, index: usize) -> String {
    let nine = format!("{province}{:07}", 1_000_001 + 1_111 * index);
    (0..10)
        .map(|digit| format!("{nine}{digit}"))
        .find(|number| cedula::is_valid(number))
        .unwrap_or(nine)
}

/// Attaches files as a browser would.
async fn attach(app: &App, open: &mut OpenDraft, files: &[(&str, &'static [u8])]) -> Result<(), DemoError> {
    for (name, content) in files {
        let arriving = stream::iter([Ok::<_, std::convert::Infallible>(Bytes::from_static(content))]);
        app.attachments
            .receive_file(&open.token, DRAFT_LIFETIME_SECONDS, name, arriving)
            .await
            .map_err(|error| format!("{name}: {error}"))?;
    }
    dialogue::set_files(
        &app.profile(),
        &mut open.draft,
        app.attachments.waiting_files(&open.token).await?,
    );
    Ok(())
}

/// Answers the questions of the profile as they come, and submits. Returns the case and its receipt.
pub(super) async fn file_report(app: &App, story: &Story, index: usize) -> Result<(CaseId, String), DemoError> {
    let token = app.intake.start_draft("es", Channel::Web).await?;
    let mut open = app
        .intake
        .draft(&token)
        .await?
        .ok_or("a draft that was just begun is gone")?;
    let cedula = synthetic_cedula(story.province, index);
    for _ in 0..60 {
        let screen = dialogue::build_screen(&app.profile(), &open.draft);
        let answer = |field: &str, value: &str| Form::from([(field.to_owned(), value.to_owned())]);
        let form = match (screen.prompt.step.as_str(), &screen.prompt.input) {
            (_, Input::Done) => break,
            ("kind", _) => answer("value", story.kind),
            ("category", _) => answer("value", story.category),
            ("conflict", _) => answer("value", "no"),
            ("province", _) => answer("value", story.province),
            ("establishment", _) => answer("value", dialogue::OTHER_ESTABLISHMENT),
            ("establishment-other", _) => answer("value", "Centro de salud inventado"),
            ("whom", _) => answer("value", story.whom),
            ("story", _) => answer("value", story.text),
            ("consent", _) => answer("value", "accept"),
            (_, Input::Files { .. }) if !story.files.is_empty() => {
                attach(app, &mut open, story.files).await?;
                Form::new()
            }
            ("affected-document", _) | (_, Input::Files { .. }) => Form::from([("skip".into(), "1".into())]),
            (_, Input::Document { .. }) => {
                Form::from([("kind".into(), "cedula".into()), ("number".into(), cedula.clone())])
            }
            (_, Input::Name { .. }) => answer(
                "value",
                &format!("Persona Ficticia {}", SURNAMES[index % SURNAMES.len()]),
            ),
            (_, Input::Phone { .. }) => answer("value", &format!("0990{:06}", 100_000 + 37 * index)),
            (_, Input::Email { .. }) => answer("value", &format!("persona{}@ficticia.test", index + 1)),
            (_, Input::Address { .. }) => answer("value", &format!("Calle Inventada {} y Pasaje Ficticio", index + 1)),
            (_, Input::Preview(_)) => answer("confirm", "1"),
            (_, Input::Choice { options, .. }) => answer("value", options.first().map_or("", |option| &option.value)),
            (_, Input::Shared { .. }) => Form::new(),
            _ => answer("value", "No lo sé con exactitud."),
        };
        let step = screen.prompt.step.clone();
        dialogue::answer(&app.profile(), &mut open.draft, &step, &form)
            .map_err(|error| format!("{step}: {}", error.text))?;
    }
    app.intake.save_draft(&open, Channel::Web).await?;
    let shown = app.intake.submit(&token, Channel::Web).await?;
    app.intake.forget_receipt(&token).await?;
    let mut tx = app.db().read().await?;
    let case = store::cases::by_number(&mut tx, &shown.number)
        .await?
        .ok_or("a case that was just filed is gone")?;
    Ok((case.id, shown.words.clone()))
}
