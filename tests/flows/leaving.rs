//! Somebody leaves: by the service, and by the command line beside a running server.

use axum::http::StatusCode;
use sigilo::audit::entry::Act;
use sigilo::domain::role::Role;
use sigilo::service::people::leaving::{LeftArea, Then};
use sigilo::service::people::{InvalidMember, MemberError, NewMember, Sponsor};
use sigilo::service::roster::Changes;
use sigilo::vault::base64;
use sigilo::vault::casekeys::{self, KeyName};

use super::staff::{acts, count, file, working};
use crate::support::app::{ANALYST, AREA, OFFICER, OTHER_ANALYST, PASSWORD, TestApp, Visitor};
use crate::support::program::{self, Installation, output_text};
use crate::support::staff::{Member, attributes, sign_in, try_sign_in};

const COLLEAGUE: &str = "colega@sigilo.test";
const NEWCOMER: &str = "nueva@sigilo.test";

const fn with(email: &str) -> Sponsor<'_> {
    Sponsor {
        email,
        password: PASSWORD,
    }
}

/// Adds one more analyst of the area, with or without a sponsor.
async fn add(app: &TestApp, email: &str, sponsor: Option<&str>) -> Result<(), MemberError> {
    let areas = [AREA.to_owned()];
    let new = NewMember {
        email,
        name: "Analista nueva de prueba",
        role: Role::Analyst,
        language: "es",
        areas: &areas,
        password: PASSWORD,
    };
    app.app().people.add_member(new, sponsor.map(with)).await.map(drop)
}

/// Publishes the roster that the database amounts to, signed by the authority.
async fn published(app: &TestApp) {
    let next = app.app().rosters.propose(&Changes::default()).await.unwrap();
    let signed = next.sign(&app.authority.signing.signing_key()).unwrap();
    app.app().rosters.publish(&signed).await.unwrap();
}

/// Returns the places of the member's area keys that open the case. The newest key comes first.
async fn opens(app: &TestApp, member: &mut Member, case: sigilo::domain::ids::CaseId) -> Vec<usize> {
    let page = app
        .get(&mut member.visitor, &format!("/staff/cases/{case}"))
        .await
        .text();
    let file = base64::decode(&attributes(&page, "<sealed-case", "shared-key").remove(0)).unwrap();
    let keys = member.areas.iter().filter(|(area, _)| area == AREA).enumerate();
    let opens = |identity| casekeys::unwrap(&file, KeyName::Shared, 1, app.app().instance, case, identity).is_ok();
    keys.filter(|(_, (_, identity))| opens(identity))
        .map(|(place, _)| place)
        .collect()
}

#[tokio::test]
async fn whoever_leaves_is_out_at_once_and_reads_nothing_new() {
    let app = TestApp::new().await;
    let (_, mut ana, old, path) = working(&app).await;
    add(&app, COLLEAGUE, Some(ANALYST)).await.unwrap();
    let too_early = app.app().people.member_leaves(ANALYST, &[with(COLLEAGUE)]).await;
    assert!(matches!(
        too_early,
        Err(MemberError::Invalid(InvalidMember::NotInRoster))
    ));
    published(&app).await;
    let own = app.app().people.member_leaves(ANALYST, &[with(ANALYST)]).await;
    assert!(
        matches!(own, Err(MemberError::Invalid(InvalidMember::SponsorLeaves))),
        "nobody makes the key that is kept from them"
    );
    let wrong = Sponsor {
        email: COLLEAGUE,
        password: "otra clave de prueba",
    };
    assert!(matches!(
        app.app().people.member_leaves(ANALYST, &[wrong]).await,
        Err(MemberError::SponsorRefused)
    ));
    assert_eq!(
        app.get(&mut ana.visitor, &path).await.status,
        StatusCode::OK,
        "nothing has happened yet"
    );

    let (id, areas) = app
        .app()
        .people
        .member_leaves(ANALYST, &[with(COLLEAGUE)])
        .await
        .unwrap();
    assert_eq!((id, areas.len(), areas[0].area.as_str()), (ana.id, 1, AREA));
    assert!(matches!(areas[0].then, Then::Renewed(_)));
    assert_ne!(
        app.get(&mut ana.visitor, &path).await.status,
        StatusCode::OK,
        "the session is over"
    );
    let again = try_sign_in(&app, &mut Visitor::default(), ANALYST, PASSWORD).await;
    assert_ne!(again.status, StatusCode::OK);
    assert!(
        app.app().people.member_leaves(ANALYST, &[]).await.is_err(),
        "gone already"
    );
    app.app().log.sequence().await.unwrap();
    let acts = acts(&app).await;
    assert_eq!(count(&acts, Act::StaffLeft), 1);

    published(&app).await;
    let roster = app.app().rosters.current().unwrap();
    assert!(roster.member(ana.id).is_none());
    file(&app).await;
    let mut colleague = sign_in(&app, COLLEAGUE).await;
    assert_eq!(
        roster.member(colleague.id).unwrap().areas,
        [AREA],
        "once, whatever keys there are"
    );
    let inbox = app.get(&mut colleague.visitor, "/staff/inbox").await.text();
    let cases = attributes(&inbox, "<th scope=\"row\"><a", "href");
    let new = cases.iter().find(|href| !href.contains(&old.id.to_string())).unwrap();
    let new = new.rsplit('/').next().unwrap().parse().unwrap();
    assert_eq!(opens(&app, &mut colleague, old.id).await, [1], "with the key that was");
    assert_eq!(opens(&app, &mut colleague, new).await, [0], "with the new key only");

    // A newcomer gets both keys, and the address is free again.
    add(&app, NEWCOMER, Some(COLLEAGUE)).await.unwrap();
    add(&app, ANALYST, Some(COLLEAGUE)).await.unwrap();
    published(&app).await;
    let mut newcomer = sign_in(&app, NEWCOMER).await;
    assert_eq!(opens(&app, &mut newcomer, old.id).await, [1]);
    assert_eq!(opens(&app, &mut newcomer, new).await, [0]);
    app.app().log.cosign().await.unwrap();
    app.app().log.verify_log().await.unwrap();
}

#[tokio::test]
async fn an_area_that_nobody_renews_or_nobody_is_left_in_is_named() {
    let app = TestApp::new().await;
    add(&app, COLLEAGUE, Some(ANALYST)).await.unwrap();
    published(&app).await;
    let left = |then| {
        vec![LeftArea {
            area: AREA.to_owned(),
            then,
        }]
    };
    let (_, areas) = app
        .app()
        .people
        .member_leaves(ANALYST, &[with(OTHER_ANALYST)])
        .await
        .unwrap();
    assert_eq!(areas, left(Then::Held), "a colleague of another area is none");
    assert!(
        app.app()
            .people
            .renew_area_key(AREA, with(OTHER_ANALYST))
            .await
            .is_err()
    );
    assert!(
        app.app()
            .people
            .renew_area_key("no-such", with(COLLEAGUE))
            .await
            .is_err()
    );
    let made = app.app().people.renew_area_key(AREA, with(COLLEAGUE)).await.unwrap();
    published(&app).await;
    let roster = app.app().rosters.current().unwrap();
    let words = roster.area_entry(AREA).unwrap().key_words(app.app().instance);
    assert_eq!(words, made.words);

    let (_, areas) = app.app().people.member_leaves(COLLEAGUE, &[]).await.unwrap();
    assert_eq!(areas, left(Then::Deserted));
    // The next member starts with a new key: nobody has the old one to hand on.
    add(&app, NEWCOMER, None).await.unwrap();
    published(&app).await;
    let roster = app.app().rosters.current().unwrap();
    let next = roster.area_entry(AREA).unwrap().key_words(app.app().instance);
    assert_ne!(next, words);
    assert_eq!(sign_in(&app, NEWCOMER).await.areas.len(), 1);
    let (_, areas) = app.app().people.member_leaves(OFFICER, &[]).await.unwrap();
    assert_eq!(areas[0].then, Then::Deserted, "the desk is an area like any other");
}

#[tokio::test]
async fn the_command_ends_an_account_beside_a_running_server() {
    let installation = Installation::ready();
    let add = [
        "staff",
        "add",
        "--email",
        COLLEAGUE,
        "--name",
        "Persona de prueba",
        "--role",
        "analyst",
        "--sheet",
        program::SHEET,
    ];
    let sponsored = ["--area", AREA, "--sponsor", ANALYST];
    let password = format!("{}\n", program::PASSWORD);
    installation.done(&[&add[..], &sponsored].concat(), &password.repeat(2));
    installation.sign_next();
    let server = installation.serve();
    let work = installation.at_work(&server);
    let mut ana = sign_in(&work, ANALYST).await;
    let page = async |ana: &mut Member| {
        use crate::support::host::Host as _;
        work.get(&mut ana.visitor, "/staff/inbox").await.status
    };
    assert_eq!(page(&mut ana).await, StatusCode::OK);
    let leave = ["staff", "leave", ANALYST, "--sponsor", COLLEAGUE];
    let unwilling = installation.run(&leave, "no\n");
    assert!(!unwilling.status.success() && output_text(&unwilling).contains("nothing was changed"));
    let done = installation.run(&leave, &format!("yes\n{password}"));
    let said = output_text(&done);
    assert!(done.status.success(), "{said}");
    assert!(
        said.contains(&format!("New key, for the authority to compare: area {AREA} 2: ")),
        "{said}"
    );
    assert!(said.contains("gestion-medica: NOBODY ELSE CAN READ"), "{said}");
    assert_ne!(page(&mut ana).await, StatusCode::OK, "the running server knows");
    assert!(!installation.run(&leave, &format!("yes\n{password}")).status.success());
    let renewed = ["staff", "new-key", "--area", AREA, "--sponsor", COLLEAGUE];
    installation.done(&renewed, &password);
    drop(server);
    installation.sign_next();
    installation.done(&["audit", "verify"], "");
}
