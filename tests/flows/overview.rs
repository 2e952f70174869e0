//! The administrator's overview: members and the signed roster, the numbers of waiting cases, and warnings.

use sigilo::domain::role::Role;
use sigilo::jobs::{JOBS, announce};
use sigilo::service::people::NewMember;
use sigilo::service::roster::Changes;
use sigilo::store;
use sigilo::vault::key_words::KeyWords;

use super::report::submit;
use crate::support::app::{ADMINISTRATOR, ANALYST, PASSWORD, TestApp, Visitor};
use crate::support::database::Database;
use crate::support::on_both_databases;
use crate::support::staff::sign_in;

const NEW: &str = "nueva@sigilo.test";

async fn overview(app: &TestApp) -> String {
    let mut administrator = sign_in(app, ADMINISTRATOR).await;
    app.get(&mut administrator.visitor, "/staff/overview").await.text()
}

/// The row of a table that holds `text`.
fn row<'a>(page: &'a str, text: &str) -> &'a str {
    let row = page.split("<tr>").find(|row| row.contains(text));
    row.unwrap_or_else(|| panic!("no row with {text} in {page}"))
}

on_both_databases!(
    who_is_here_who_is_signed_and_how_much_waits,
    what_is_not_well_is_told_with_a_remedy,
);

async fn who_is_here_who_is_signed_and_how_much_waits(database: Database) {
    let app = TestApp::on(database).await;
    submit(&app, &mut Visitor::default()).await;
    let page = overview(&app).await;
    let mine = row(&page, ADMINISTRATOR);
    assert!(mine.contains("<time>2026-11-24</time></td>\n<td>") && mine.contains("En la lista firmada"));
    assert!(row(&page, ANALYST).contains("nunca"), "has not signed in yet");
    assert!(page.contains("No hay cambios por firmar") && !page.contains("sigilo roster propose"));
    let area = row(&page, "<th scope=\"row\">Transparencia");
    assert!(
        area.contains("Analista de prueba") && area.contains("<td>1</td>\n<td>0</td>"),
        "{area}"
    );

    // The report is overdue months later.
    app.clock.advance(120 * 24 * 3600);
    app.app().log.cosign().await.unwrap();
    let page = overview(&app).await;
    let area = row(&page, "<th scope=\"row\">Transparencia");
    assert!(area.contains("<td>1</td>\n<td class=\"late\">1</td>"), "{area}");

    // A member came and a member left: the page says that the roster differs, and how to correct it.
    let new = NewMember {
        email: NEW,
        name: "Auditora nueva de prueba",
        role: Role::Auditor,
        language: "es",
        areas: &[],
        password: PASSWORD,
    };
    app.app().people.add_member(new, None).await.unwrap();
    let (left, _) = app.keys_of(ANALYST).await;
    let mut tx = app.app().db().begin().await.unwrap();
    store::staff::leave(&mut tx, left).await.unwrap();
    tx.commit().await.unwrap();
    let page = overview(&app).await;
    assert!(row(&page, NEW).contains("Falta en la lista firmada"));
    let gone = row(&page, "sigue en la lista firmada");
    assert!(gone.contains("Analista de prueba"), "{gone}");
    assert!(
        !gone.contains('@') && !gone.contains("left:"),
        "whoever left has no address here: {gone}"
    );
    assert!(page.contains("Hay 2 cambios"), "{page}");
    for command in [
        "<li>sigilo roster propose</li>",
        "<li>sigilo authority sign --current roster.current</li>",
        "<li>sigilo roster publish</li>",
    ] {
        assert!(page.contains(command), "{command}");
    }
    // The reverse case: the roster names a member whom the database does not have.
    let next = app.app().rosters.propose(&Changes::default()).await.unwrap();
    let stranger = next
        .members
        .iter()
        .find(|member| member.role == Role::Clerk)
        .unwrap()
        .id;
    app.app()
        .rosters
        .publish(&next.sign(&app.authority.signing.signing_key()).unwrap())
        .await
        .unwrap();
    let mut tx = app.app().db().begin().await.unwrap();
    match &mut tx {
        store::Tx::Sqlite(tx, _) => {
            let delete = sqlx::query("DELETE FROM staff WHERE id = $1").bind(stranger);
            delete.execute(&mut **tx).await.map(drop).unwrap();
        }
        store::Tx::Postgres(tx, _) => {
            let delete = sqlx::query("DELETE FROM staff WHERE id = $1").bind(stranger);
            delete.execute(&mut **tx).await.map(drop).unwrap();
        }
    }
    tx.commit().await.unwrap();
    let page = overview(&app).await;
    assert!(row(&page, &stranger.to_string()).contains("sin cuenta aquí"));
    // The departed member leaves an area whose reports nobody can open.
    let area = row(&page, "<th scope=\"row\">Transparencia");
    assert!(area.contains("Nadie puede leer sus reportes"), "{area}");
    assert!(page.contains("nadie puede leer los reportes de: Transparencia e investigación"));

    // Keys by their words, nothing secret, nothing sealed, nothing of the case.
    let keys = app.app().keys();
    let witness = KeyWords::of_witness(app.app().instance, &keys.witness_recipient, &keys.witness);
    assert!(page.contains(&witness.words("es")));
    assert!(!page.contains("<sealed-") && !page.contains("Me pidieron"));
}

async fn what_is_not_well_is_told_with_a_remedy(database: Database) {
    let app = TestApp::on(database).await;
    announce(app.app());
    let page = overview(&app).await;
    assert!(page.contains("Todo lo revisado está bien."), "{page}");
    for fact in [
        "se reciben",
        "la carpeta recibe archivos",
        "la versión 1 está firmada",
        "responde",
    ] {
        assert!(page.contains(fact), "{fact}: {page}");
    }
    for job in JOBS {
        assert!(!page.contains(&format!("«{}»", job.name)), "{}", job.name);
        app.app().operations.record_job_run(job.name, true);
    }
    app.app().operations.record_job_run("cosign", false);
    let page = overview(&app).await;
    assert!(page.contains("«cosign» falló y se repite"), "{page}");
    assert!(page.contains("Una cosa necesita atención."), "{page}");

    app.clock.advance(3 * 3600);
    let page = overview(&app).await;
    assert!(page.contains("«sequence» no corre desde hace 180 minutos"), "{page}");
    assert!(
        page.contains("esperan al testigo") || page.contains("esperan su lugar"),
        "{page}"
    );
}
