//! Staff's pages in each language: all of them, down to their errors, and no word of another one.

use std::collections::BTreeMap;
use std::path::Path;

use axum::http::{Method, StatusCode};
use serde_json::json;
use sigilo::dialogue::Profile;
use sigilo::domain::role::Role;
use sigilo::http::ROUTES;
use sigilo::http::route::Access;
use sigilo::store;

use super::unseal::{asks_for_validation, filed};
use crate::support::app::{ADMINISTRATOR, ANALYST, AUDITOR, CLERK, OFFICER, TestApp, Visitor};
use crate::support::staff::{SESSION, sign_in};

/// Plain one-line texts of a language, by key.
fn texts(language: &str) -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("locales").join(language);
    let mut texts = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let lines = text.lines().filter_map(|line| line.split_once(" = "));
        texts.extend(lines.map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned())));
    }
    texts
}

/// Returns the texts of pages and names of the profile that differ between a language and the other.
fn only_in(profile: &Profile, language: &str, other: &str) -> Vec<String> {
    let others = texts(other);
    let mut only: Vec<String> = texts(language)
        .into_iter()
        .filter(|(key, value)| others[key] != *value && !value.contains('{'))
        .map(|(_, value)| value)
        .collect();
    let areas = profile.areas.iter().map(|area| &area.name);
    let kinds = profile.kinds.iter().map(|kind| &kind.label);
    let categories = profile.categories.iter().map(|category| &category.label);
    let purposes = profile.purposes.iter().map(|purpose| &purpose.label);
    let names = areas.chain(kinds).chain(categories).chain(purposes);
    only.extend(
        names
            .filter(|name| name.get(language) != name.get(other))
            .map(|name| name.get(language).to_owned()),
    );
    // Leaves out words that the other language uses for something else, the languages' names, and single characters.
    let own = [texts("es"), texts("en")].map(|texts| texts["language-name"].clone());
    only.retain(|text| text.len() > 1 && !own.contains(text) && others.values().all(|value| value != text));
    only
}

/// Returns the texts that a person reads: those between tags, and labels.
fn read(page: &str) -> Vec<String> {
    let plain = |text: &str| {
        text.replace("&#39;", "'")
            .replace("&#34;", "\"")
            .replace("&#38;", "&")
            .trim()
            .to_owned()
    };
    let between = page
        .split('<')
        .filter_map(|rest| rest.split_once('>'))
        .map(|(_, text)| plain(text));
    let labels = page
        .split("aria-label=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next());
    between
        .chain(labels.map(plain))
        .filter(|text| !text.is_empty())
        .collect()
}

/// Returns the foreign texts on a page. Texts of ten characters count anywhere; a shorter one may be part of a word or
/// a name.
fn strange<'a>(page: &str, strangers: &'a [String]) -> Vec<&'a String> {
    let read = read(page);
    let stands = |stranger: &String| {
        let is_long = stranger.chars().count() >= 10;
        read.iter()
            .any(|text| text == stranger || (is_long && text.contains(stranger.as_str())))
    };
    strangers.iter().filter(|stranger| stands(stranger)).collect()
}

#[tokio::test]
async fn every_page_of_staff_speaks_the_members_language_and_no_other() {
    let app = TestApp::new().await;
    let (_, case) = filed(&app).await;
    let mut tx = app.app().db().read().await.unwrap();
    let staff = store::staff::list(&mut tx).await.unwrap();
    drop(tx);
    asks_for_validation(&app, case).await;
    for (language, other) in [("en", "es"), ("es", "en")] {
        let strangers = only_in(&app.app().profile(), other, language);
        assert!(strangers.len() > 150);
        let lang = format!("<html lang=\"{language}\">");
        let mut pages = 0;
        for (email, role) in [
            (ANALYST, Role::Analyst),
            (OFFICER, Role::Officer),
            (AUDITOR, Role::Auditor),
            (ADMINISTRATOR, Role::Administrator),
            (CLERK, Role::Clerk),
        ] {
            let mut member = sign_in(&app, email).await;
            let visitor = &mut member.visitor;
            let saved = app.post(visitor, "/staff/settings", &[("language", language)]).await;
            assert_eq!(saved.location(), "/staff/settings?saved");
            for route in ROUTES
                .iter()
                .filter(|route| route.method == "GET" && route.path.starts_with("/staff"))
            {
                let roles = match route.access {
                    Access::Staff(roles) | Access::Case(roles) => Some(roles),
                    Access::Member => None,
                    Access::Anyone | Access::Reporter => continue,
                };
                // The counter's chat is the reporter's, in the reporter's language; a proof is no page.
                if route.path.starts_with("/staff/filing/report") || route.path.ends_with("/proof") {
                    continue;
                }
                let path = route.path.replace("{case}", &case.to_string()).replace("{leaf}", "0");
                let page = app.get(visitor, &path).await;
                if page.status == StatusCode::SEE_OTHER {
                    continue;
                }
                // People's names are the same in each language.
                let text = (staff.iter()).fold(page.text(), |text, each| text.replace(&each.name, "–"));
                assert_eq!(
                    page.status.is_success(),
                    roles.is_none_or(|roles| roles.contains(&role)),
                    "{path} by {role}: {}",
                    page.status
                );
                assert!(text.contains(&lang), "{path} by {role}");
                assert_eq!(strange(&text, &strangers), Vec::<&String>::new(), "{path} by {role}");
                pages += 1;
            }
            // The title of an error, which a script shows.
            let refused = app
                .post_json(visitor, &format!("/api/v1/staff/cases/{case}/unseals"), &json!({}))
                .await;
            assert!(refused.status.is_client_error());
            let title = refused.json()["title"].as_str().unwrap().to_owned();
            assert!(!strangers.contains(&title) && !title.is_empty(), "{title}");
        }
        assert!(pages > 40, "{pages}");
        // The member is not known before the sign-in: the address names the language.
        let nobody = &mut Visitor::default();
        let page = app.get(nobody, &format!("/staff/sign-in?lang={language}")).await.text();
        assert!(
            page.contains(&lang) && page.contains(&format!("/staff/sign-in?lang={other}")),
            "{page}"
        );
        assert_eq!(strange(&page, &strangers), Vec::<&String>::new());
        let path = format!("{SESSION}?lang={language}");
        let refused = app.send(nobody, Method::POST, &path, "application/json", "{}").await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        assert_eq!(refused.json()["title"], texts(language)["problem-bad-request"]);
    }
}

#[tokio::test]
async fn a_language_that_nobody_speaks_is_refused_and_the_summary_stays_what_it_was() {
    let app = TestApp::new().await;
    let mut ana = sign_in(&app, ANALYST).await;
    app.post(&mut ana.visitor, "/staff/settings", &[("digest", "weekly")])
        .await;
    let refused = app
        .post(&mut ana.visitor, "/staff/settings", &[("language", "qu")])
        .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = app.get(&mut ana.visitor, "/staff/settings").await.text();
    assert!(page.contains("<html lang=\"es\">"));
    let saved = app
        .post(&mut ana.visitor, "/staff/settings", &[("language", "en")])
        .await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER);
    assert_eq!(
        app.app().notifications.digest_frequency(ana.id).await.unwrap().as_str(),
        "weekly"
    );
    assert_eq!(sign_in(&app, ANALYST).await.body["staff"]["language"], "en");
}
