//! A new installation of the service in this process.

use std::sync::Arc;

use sigilo::domain::clock::SystemClock;
use sigilo::domain::role::Role;
use sigilo::http::Site;
use sigilo::http::assets::Assets;
use sigilo::http::middleware::guards::Guards;
use sigilo::i18n::Languages;
use sigilo::service::notifications::EnabledChannels;
use sigilo::service::people::{NewMember, Sponsor};
use sigilo::service::randomness::Randomness;
use sigilo::service::roster::Changes;
use sigilo::store::Db;
use sigilo::store::blobs::BlobStore;
use sigilo::witness::core::Core;
use sigilo_testkit::fresh::{Parts, core_keys, key_files, profile};

pub(crate) const PASSWORD: &str = "una clave de prueba";
/// The two analysts.
pub(crate) const ALL_AREAS: &str = "todas@sigilo.test";
pub(crate) const ONE_AREA: &str = "una@sigilo.test";

/// Makes an installation on `url`: an analyst for all areas, an analyst for one area, five officers with a quorum of
/// two. Files and the witness's state go to `folder`.
pub(crate) async fn site(folder: &tempfile::TempDir, url: &str) -> Arc<Site> {
    let (server, witness, authority) = key_files();
    let clock = Arc::new(SystemClock);
    let core = Core::init(&folder.path().join("witness"), core_keys(&witness), None, clock.clone()).unwrap();
    let app = Parts {
        profile: profile(),
        db: Db::open(url).await.unwrap(),
        files: BlobStore::open_folder(&folder.path().join("files")).unwrap(),
        scratch: folder.path().into(),
        keys: server,
        core,
        clock,
        randomness: Randomness::System,
    }
    .together(EnabledChannels::default());
    app.operations.install().await.unwrap();
    let desk = vec![app.profile().desk.clone()];
    let areas: Vec<String> = app.profile().areas.iter().map(|area| area.id.clone()).collect();
    let areas: Vec<String> = areas.into_iter().filter(|area| *area != desk[0]).collect();
    let one = vec![areas[0].clone()];
    let officers: Vec<String> = (1..6).map(|n| format!("oficial{n}@sigilo.test")).collect();
    let mut people = vec![
        (ALL_AREAS, Role::Analyst, &areas, None),
        (ONE_AREA, Role::Analyst, &one, Some(ALL_AREAS)),
    ];
    for (n, email) in officers.iter().enumerate() {
        // The first officer sponsors the others.
        people.push((email, Role::Officer, &desk, (n > 0).then_some(officers[0].as_str())));
    }
    for (email, role, areas, sponsor) in people {
        let new = NewMember {
            email,
            name: "Miembro de prueba",
            role,
            language: "es",
            areas,
            password: PASSWORD,
        };
        let by = sponsor.map(|email| Sponsor {
            email,
            password: PASSWORD,
        });
        app.people.add_member(new, by).await.unwrap();
    }
    let roster = app.rosters.propose(&Changes::quorum(2)).await.unwrap();
    app.rosters
        .publish(&roster.sign(&authority.signing.signing_key()).unwrap())
        .await
        .unwrap();
    Arc::new(Site {
        app: Arc::new(app),
        languages: Languages::load().unwrap(),
        assets: Assets::unbuilt(),
        public_url: "https://sigilo.test".into(),
        leave_to: "https://example.org/".into(),
        guards: Guards::default(),
        whatsapp: None,
    })
}
