//! `sigilo move`, as an operator runs it: everything goes to PostgreSQL, and the old file is not served again.

use std::fs;

use super::report::{answer_for, words_of};
use crate::support::postgres;
use crate::support::program::{Installation, Server, output_text};

pub(crate) fn answers(step: &str) -> Vec<(&'static str, String)> {
    let answers = answer_for(step).into_iter();
    answers.map(|(name, value)| (name, value.to_owned())).collect()
}

/// Files a report. Returns its eight words.
pub(crate) async fn reported(server: &Server) -> String {
    let mut browser = server.browser();
    let sent = browser.report(answers).await.unwrap();
    assert_eq!(sent.status, 303, "{}", sent.text);
    words_of(&browser.get("/report/receipt").await.unwrap().text)
}

/// Returns true if the eight words lead to a case.
pub(crate) async fn returns(server: &Server, words: &str) -> bool {
    let mut browser = server.browser();
    let entered = browser.post("/follow-up", &[("words", words)]).await.unwrap();
    entered.location == "/follow-up/case" && browser.get("/follow-up/case").await.unwrap().status == 200
}

#[tokio::test(flavor = "multi_thread")]
async fn an_installation_moves_to_postgres_and_its_reporters_return() {
    let installation = Installation::ready();
    let server = installation.serve();
    let words = reported(&server).await;
    let target = postgres::empty_url().await;
    let busy = installation.refused(&["move", "--to", &target]);
    assert!(busy.contains("stop it first"), "{busy}");
    drop(server);

    let text = output_text(&installation.run(&["move", "--to", &target], ""));
    assert!(text.contains("all good") && text.contains("database = "), "{text}");
    let again = installation.refused(&["move", "--to", &target]);
    assert!(again.contains("not empty"), "{again}");

    let config = fs::read_to_string(installation.path("sigilo.toml")).unwrap();
    let old = "database = \"sqlite:sigilo.sqlite\"";
    assert!(config.contains(old));
    installation.configure(&config.replace(old, &format!("database = \"{target}\"")));
    let server = installation.serve();
    assert!(returns(&server, &words).await);
    reported(&server).await;
    drop(server);
    installation.add("auditora@sigilo.test", "auditor", &[]);
    installation.done(&["roster", "propose"], "");
    installation.done(&["authority", "sign", "--yes", "--current", "roster.current"], "");
    installation.done(&["roster", "publish"], "");
    installation.done(&["audit", "verify"], "");
    let nothing = installation.refused(&["move", "--to", &target]);
    assert!(nothing.contains("nothing to move"), "{nothing}");

    // The witness has seen more by now.
    installation.configure(&config);
    let refused = installation.refused(&["serve"]);
    assert!(refused.contains("old copy"), "{refused}");
}
