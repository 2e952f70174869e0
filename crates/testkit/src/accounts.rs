//! The staff of a test installation.

use sigilo::domain::role::Role;
use sigilo::keyfile::AuthorityKeys;
use sigilo::service::App;
use sigilo::service::people::NewMember;
use sigilo::service::roster::Changes;

/// The password of every account.
pub const PASSWORD: &str = "una clave de prueba";

/// The analyst of [`AREA`].
pub const ANALYST: &str = "analista@sigilo.test";
/// The analyst of [`OTHER_AREA`].
pub const OTHER_ANALYST: &str = "otra.analista@sigilo.test";
pub const OFFICER: &str = "oficial@sigilo.test";
pub const AUDITOR: &str = "auditora@sigilo.test";
pub const ADMINISTRATOR: &str = "administrador@sigilo.test";
pub const CLERK: &str = "ventanilla@sigilo.test";
/// The analyst of all other areas, so that any report can be sealed.
pub const REST: &str = "resto@sigilo.test";

/// The area of [`ANALYST`].
pub const AREA: &str = "transparencia";
/// The area of [`OTHER_ANALYST`].
pub const OTHER_AREA: &str = "gestion-medica";

/// Makes an empty database a complete installation: accounts of every role, a roster in force, a signed log.
pub async fn install(app: &App, authority: &AuthorityKeys) {
    app.operations.install().await.unwrap();
    let profile = app.profile();
    let rest: Vec<&str> = profile
        .areas
        .iter()
        .map(|area| area.id.as_str())
        .filter(|area| *area != AREA && *area != OTHER_AREA && *area != profile.desk)
        .collect();
    let desk = profile.desk.as_str();
    for (email, name, role, areas) in [
        (ANALYST, "Analista de prueba", Role::Analyst, &[AREA][..]),
        (OTHER_ANALYST, "Otra analista de prueba", Role::Analyst, &[OTHER_AREA]),
        (OFFICER, "Oficial de prueba", Role::Officer, &[desk]),
        (AUDITOR, "Auditora de prueba", Role::Auditor, &[]),
        (ADMINISTRATOR, "Administrador de prueba", Role::Administrator, &[]),
        (CLERK, "Ventanilla de prueba", Role::Clerk, &[]),
        (REST, "Analista del resto", Role::Analyst, &rest),
    ] {
        let areas: Vec<String> = areas.iter().map(ToString::to_string).collect();
        let new = NewMember {
            email,
            name,
            role,
            language: "es",
            areas: &areas,
            password: PASSWORD,
        };
        app.people.add_member(new, None).await.unwrap();
    }
    let roster = app.rosters.propose(&Changes::default()).await.unwrap();
    let signed = roster.sign(&authority.signing.signing_key()).unwrap();
    app.rosters.publish(&signed).await.unwrap();
    app.log.sequence().await.unwrap();
    app.log.cosign().await.unwrap();
}
