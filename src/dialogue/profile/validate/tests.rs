use crate::dialogue::profile::types::Profile;
use crate::domain::facets::Verdict;
use crate::domain::state::State;

const IESS: &str = include_str!("../../../../profiles/iess.toml");

#[test]
fn an_unsound_profile_is_refused_with_all_its_faults() {
    for (old, new, fault) in [
        ("area = \"transparencia\"", "area = \"nowhere\"", "no area \"nowhere\""),
        ("en = \"Long waits\"", "fr = \"Attentes\"", "has no text in \"en\""),
        (
            "step = \"province\"",
            "step = \"provincia\"",
            "no earlier question \"provincia\"",
        ),
        ("is = [\"otro\"]", "is = [\"otra\"]", "has no answer \"otra\""),
        ("id = \"queja\"", "id = \"reclamo\"", "no kind \"queja\""),
        (
            "time_zone = \"America/Guayaquil\"",
            "time_zone = \"America/Quito\"",
            "is not known",
        ),
        ("id = \"iess\"", "id = \"iess\"\nsurprise = 1", "surprise"),
    ] {
        let text = IESS.replace(old, new);
        assert_ne!(text, IESS, "{old}");
        let error = Profile::parse(&text).expect_err(fault).to_string();
        assert!(error.contains(fault), "{fault}: {error}");
    }
}

#[test]
fn another_area_must_be_there_and_be_another() {
    let line = "conflict_area = \"servicio-al-usuario\"\n";
    for (new, fault) in [
        ("", "has no conflict_area"),
        ("conflict_area = \"transparencia\"\n", "conflict_area is itself"),
        ("conflict_area = \"nowhere\"\n", "no area \"nowhere\""),
        (
            "conflict_area = \"mesa-de-identidad\"\n",
            "no case goes to the officers' desk",
        ),
    ] {
        let text = IESS.replace(line, new);
        assert_ne!(text, IESS);
        let error = Profile::parse(&text).expect_err(fault).to_string();
        assert!(error.contains("transparencia") && error.contains(fault), "{error}");
    }
    let profile = Profile::parse(IESS).unwrap();
    assert!(!profile.reading_areas().contains("mesa-de-identidad"));
    assert_eq!(profile.reading_areas().len(), 5);
}

#[test]
fn a_verdict_moves_open_cases_only() {
    let profile = Profile::parse(IESS).unwrap();
    let rule = profile.verdicts.rule(Verdict::Unreachable);
    assert_eq!(rule.next(State::InReview), Some(State::WaitingForReporter));
    assert_eq!(rule.next(State::WaitingForReporter), None);
    assert_eq!(rule.next(State::Resolved), None);
    assert_eq!(rule.next(State::Closed), None);
}

#[test]
fn rules_that_cannot_hold_are_told() {
    for (from, to, told) in [
        (
            "unreachable_days = 2",
            "unreachable_days = 9",
            "unreachable_days must be",
        ),
        (
            "show_again_minutes = 30",
            "show_again_minutes = 0",
            "show_again_minutes",
        ),
        (
            "state = \"waiting_for_reporter\"",
            "state = \"closed\"",
            "no verdict moves a case",
        ),
        ("kind = \"contact\"", "kind = \"check\"", "none of kind contact"),
        ("decision = \"refuse\"", "decision = \"erase\"", "none to refuse"),
    ] {
        assert!(IESS.contains(from), "{from}");
        let error = Profile::parse(&IESS.replace(from, to)).unwrap_err().to_string();
        assert!(error.contains(told), "{to}: {error}");
    }
}
