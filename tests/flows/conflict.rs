//! A report about somebody who works where it would be read: another area reads it.

use axum::http::StatusCode;
use sigilo::vault::content::Narrative;
use sigilo::vault::record::ContentKind;

use super::report::{answer_for, step_of, words_of};
use crate::support::app::{ANALYST, REST, TestApp, Visitor};
use crate::support::database::Database;
use crate::support::on_both_databases;
use crate::support::staff::{OpenCase, attributes, sign_in};

on_both_databases!(a_yes_is_read_by_another_area_that_is_told_why);

async fn a_yes_is_read_by_another_area_that_is_told_why(database: Database) {
    let app = TestApp::on(database).await;
    let mut visitor = Visitor::default();
    app.post(&mut visitor, "/report/start", &[]).await;
    for _ in 0..40 {
        let page = app.get(&mut visitor, "/report").await.text();
        if page.contains("action=\"/report/submit\"") {
            break;
        }
        let step = step_of(&page);
        let mut fields = vec![("step", step.as_str())];
        if step == "conflict" {
            assert!(page.contains("¿Su reporte trata de alguien que trabaja en Transparencia e investigación?"));
            assert!(page.contains("lo leerá otra: Servicio al usuario."), "{page}");
            fields.push(("value", "yes"));
        } else {
            fields.extend(answer_for(&step));
        }
        if step == "preview" {
            assert!(page.contains("Servicio al usuario"), "{page}");
        }
        let reply = app.post(&mut visitor, "/report", &fields).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{step}: {}", reply.text());
    }
    app.post(&mut visitor, "/report/submit", &[]).await;
    words_of(&app.get(&mut visitor, "/report/receipt").await.text());

    // The staff whom the report may be about neither see it nor open it.
    let mut ana = sign_in(&app, ANALYST).await;
    let inbox = app.get(&mut ana.visitor, "/staff/inbox").await.text();
    assert!(attributes(&inbox, "<th scope=\"row\"><a", "href").is_empty());

    let mut other = sign_in(&app, REST).await;
    let inbox = app.get(&mut other.visitor, "/staff/inbox").await.text();
    let path = attributes(&inbox, "<th scope=\"row\"><a", "href").remove(0);
    assert_eq!(app.get(&mut ana.visitor, &path).await.status, StatusCode::FORBIDDEN);
    let page = app.get(&mut other.visitor, &path).await.text();
    let case = OpenCase::from_page(&app, &other, &page);
    let narrative: Narrative = case.record(ContentKind::Narrative, &other).content().unwrap();
    let why = narrative.answers().iter().find(|answer| answer.question == "conflict");
    assert_eq!(
        why.map(|answer| answer.label.as_str()),
        Some("Alguien de quien trata trabaja en Transparencia e investigación")
    );

    // The row has the area and the category in clear, as for every case, but no answer.
    let mut tx = app.app().db().read().await.unwrap();
    let row = sigilo::store::cases::by_id(&mut tx, case.id).await.unwrap().unwrap();
    assert_eq!(
        (row.area.as_str(), row.category.as_str()),
        ("servicio-al-usuario", "coima")
    );
}
