//! The questions that the authority answers before it signs, with the real program.

use std::fs;

use crate::support::program::{Installation, SHEET, output_text};

const SIGN: [&str; 4] = ["authority", "sign", "--current", "roster.current"];

fn words(installation: &Installation) -> String {
    fs::read_to_string(installation.path(SHEET)).unwrap()
}

#[test]
fn words_are_typed_for_each_new_key_and_wrong_ones_name_their_owner() {
    let installation = Installation::staffed();
    let proposed = output_text(&installation.run(&["roster", "propose"], ""));
    assert!(proposed.contains("analyst Persona de prueba"), "{proposed}");
    let sheet = words(&installation);
    let members: Vec<&str> = sheet.lines().filter(|line| line.starts_with("member ")).collect();
    assert_eq!(members.len(), 3);
    assert!(
        members
            .iter()
            .all(|line| proposed.contains(line.split_once(": ").unwrap().1))
    );
    // The proposal asks in the order of ids.
    let mut sorted = members.clone();
    sorted.sort_unstable();
    let typed = |change: &dyn Fn(usize, &str) -> String| {
        let lines = sorted.iter().enumerate();
        let lines = lines.map(|(at, line)| change(at, line.split_once(": ").unwrap().1) + "\n");
        lines.collect::<String>() + "yes\n"
    };
    let exchanged = typed(&|at, words| if at == 1 { "abeja ".repeat(8) } else { words.to_owned() });
    let refused = installation.run(&["authority", "sign"], &exchanged);
    let said = output_text(&refused);
    assert!(!refused.status.success(), "{said}");
    let owner = sorted[1].split(": ").next().unwrap();
    assert!(
        said.contains(&format!("Persona de prueba ({owner})")) && said.contains("do not sign"),
        "{said}"
    );
    assert!(!installation.path("roster.signed").exists());
    let missing = installation.refused(&["authority", "sign"]);
    assert!(missing.contains("no key words of"), "{missing}");
    // Four letters, in capitals: as somebody writes them down.
    let short = |word: &str| word.chars().take(4).collect::<String>().to_uppercase();
    installation.done(
        &["authority", "sign"],
        &typed(&|_, words| words.split(' ').map(short).collect::<Vec<_>>().join("-")),
    );
    installation.done(&["roster", "publish"], "");
}

#[test]
fn what_is_not_said_stays_and_each_loss_of_protection_is_accepted_by_itself() {
    let installation = Installation::ready();
    let strict = [
        "roster",
        "propose",
        "--openings-per-officer",
        "3",
        "--none-alone",
        "--closed-days",
        "90",
    ];
    installation.done(&strict, "");
    let shorter = "identities go 90 days after closing instead of 180";
    let said = installation.refused(&[&SIGN[..], &["--yes"]].concat());
    assert!(said.contains(shorter) && said.contains("lowers protection"), "{said}");
    // Somebody who types answers each, and then the whole.
    let no = installation.run(&SIGN, "no\n");
    assert!(!no.status.success() && output_text(&no).contains(shorter));
    installation.done(&SIGN, "yes\nyes\n");
    installation.done(&["roster", "publish"], "");

    // The next says nothing: all of it stays.
    installation.add("otra.auditora@sigilo.test", "auditor", &[]);
    installation.sign_next();
    let proposed = output_text(&installation.run(
        &[
            "roster",
            "propose",
            "--openings-per-officer",
            "4",
            "--alone",
            "validacion",
        ],
        "",
    ));
    for line in [
        "4 openings for each officer in 24 hours instead of 3",
        "class validacion needs nobody else's request",
    ] {
        assert!(proposed.contains(line), "{line}: {proposed}");
    }
    assert!(!proposed.contains("after closing instead"), "{proposed}");
    let accepted = "class validacion needs nobody else's request\n";
    fs::write(installation.path("one.txt"), accepted).unwrap();
    let said = installation.refused(&[&SIGN[..], &["--yes", "--words", "one.txt"]].concat());
    assert!(said.contains("4 openings for each officer"), "{said}");
    let both = format!("{accepted}4 openings for each officer in 24 hours instead of 3\n");
    fs::write(installation.path("both.txt"), both).unwrap();
    installation.done(&[&SIGN[..], &["--yes", "--words", "both.txt"]].concat(), "");
    installation.done(&["roster", "publish"], "");
}

#[test]
fn a_quorum_above_one_is_refused_until_several_officers_can_sign() {
    let installation = Installation::ready();
    let said = installation.refused(&["roster", "propose", "--quorum", "2"]);
    assert!(said.contains("a quorum above 1 is not possible yet"), "{said}");
    installation.done(&["roster", "propose"], "");
    let path = installation.path("roster.proposed");
    let proposed = fs::read_to_string(&path).unwrap();
    fs::write(&path, proposed.replace("\"quorum\":1", "\"quorum\":2")).unwrap();
    let said = installation.refused(&[&SIGN[..], &["--yes"]].concat());
    assert!(said.contains("a quorum above 1 is not possible yet"), "{said}");
}
