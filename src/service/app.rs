//! The application: the parts of the service, put together.

use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::dialogue::Profile;
use crate::domain::clock::{Clock, UnixSeconds};
use crate::domain::day::Day;
use crate::domain::ids::InstanceId;
use crate::keyfile::ServerKeys;
use crate::metrics::Metrics;
use crate::service::attachments::{Attachments, FileProcessing};
use crate::service::audit::AuditLog;
use crate::service::casework::Casework;
use crate::service::clock::LocalClock;
use crate::service::context::Context;
use crate::service::conversations::Conversations;
use crate::service::error::Result;
use crate::service::follow_up::FollowUp;
use crate::service::intake::Intake;
use crate::service::kdf::KdfPool;
use crate::service::notifications::{EnabledChannels, Notifications};
use crate::service::operations::disks::Disks;
use crate::service::operations::{Operations, Tended};
use crate::service::people::{People, Sessions};
use crate::service::profile::ProfileHandle;
use crate::service::randomness::Randomness;
use crate::service::roster::Rosters;
use crate::service::unseal::{Identities, Unseals};
use crate::store::Db;
use crate::witness::Witness;

/// The things from which an application is put together.
#[derive(Clone)]
pub struct Dependencies {
    /// The web origin of the service, such as `https://denuncias.example`.
    pub public_url: Arc<str>,
    pub profile: Arc<Profile>,
    pub db: Db,
    pub files: FileProcessing,
    pub keys: Arc<ServerKeys>,
    pub witness: Arc<dyn Witness>,
    pub clock: Arc<dyn Clock>,
    pub randomness: Arc<Randomness>,
    pub kdf: KdfPool,
    pub disks: Arc<Disks>,
    pub enabled_channels: EnabledChannels,
}

/// The application. Each part is one room of the service.
pub struct App {
    pub instance: InstanceId,
    pub metrics: Arc<Metrics>,
    pub log: Arc<AuditLog>,
    pub rosters: Arc<Rosters>,
    pub notifications: Arc<Notifications>,
    pub attachments: Arc<Attachments>,
    pub intake: Arc<Intake>,
    pub identities: Arc<Identities>,
    pub follow_up: Arc<FollowUp>,
    pub casework: Casework,
    pub unseals: Unseals,
    pub people: People,
    pub sessions: Sessions,
    pub conversations: Arc<Conversations>,
    pub operations: Operations,
    context: Context,
    dependencies: Dependencies,
}

impl App {
    /// Puts the parts together. The roster is loaded by [`Operations::open`] or [`Rosters::load`].
    ///
    /// # Errors
    /// [`crate::service::Error::Unavailable`] when the profile's time zone is unknown.
    pub fn new(dependencies: Dependencies) -> Result<Self> {
        let profile = ProfileHandle::new(dependencies.profile.clone())?;
        let metrics = Arc::new(Metrics::default());
        let context = &Context {
            instance: dependencies.keys.instance,
            public_url: dependencies.public_url.clone(),
            clock: LocalClock::new(dependencies.clock.clone(), profile.clone()),
            profile,
            db: dependencies
                .db
                .clone()
                .with_observer(metrics.clone())
                .with_row_key(dependencies.keys.row_key()),
            keys: dependencies.keys.clone(),
            randomness: dependencies.randomness.clone(),
            kdf: dependencies.kdf.clone().counting(metrics.clone()),
            metrics,
            witness: dependencies.witness.clone(),
            disks: dependencies.disks.clone(),
        };
        let enabled_channels = dependencies.enabled_channels;
        let log = Arc::new(AuditLog::new(context));
        let rosters = Arc::new(Rosters::new(context, log.clone()));
        let notifications = Arc::new(Notifications::new(context, enabled_channels, rosters.clone()));
        let attachments = Arc::new(Attachments::new(
            context,
            dependencies.files.clone(),
            log.clone(),
            rosters.clone(),
            notifications.clone(),
        ));
        let intake = Arc::new(Intake::new(context, rosters.clone(), attachments.clone()));
        let identities = Arc::new(Identities::new(
            context,
            log.clone(),
            rosters.clone(),
            notifications.clone(),
        ));
        let follow_up = Arc::new(FollowUp::new(
            context,
            rosters.clone(),
            intake.clone(),
            attachments.clone(),
            identities.clone(),
        ));
        let conversations = Arc::new(Conversations::new(
            context,
            intake.clone(),
            follow_up.clone(),
            attachments.clone(),
            notifications.clone(),
        ));
        let tended = Tended {
            log: log.clone(),
            rosters: rosters.clone(),
            attachments: attachments.clone(),
            intake: intake.clone(),
            conversations: conversations.clone(),
        };
        Ok(Self {
            casework: Casework::new(context, log.clone(), rosters.clone(), notifications.clone()),
            unseals: Unseals::new(context, log.clone(), rosters.clone(), notifications.clone()),
            people: People::new(context, log.clone(), rosters.clone()),
            sessions: Sessions::new(context, log.clone(), rosters.clone()),
            operations: Operations::new(context, enabled_channels, tended),
            instance: context.instance,
            metrics: context.metrics.clone(),
            context: context.clone(),
            log,
            rosters,
            notifications,
            attachments,
            intake,
            identities,
            follow_up,
            conversations,
            dependencies,
        })
    }

    /// Returns the things from which this application was put together.
    pub fn dependencies(&self) -> &Dependencies {
        &self.dependencies
    }

    /// Returns the database, whose transactions the metrics observe.
    pub fn db(&self) -> &Db {
        &self.context.db
    }

    pub fn keys(&self) -> &ServerKeys {
        &self.context.keys
    }

    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.dependencies.clock
    }

    pub fn randomness(&self) -> &Randomness {
        &self.context.randomness
    }

    pub fn kdf(&self) -> &KdfPool {
        &self.context.kdf
    }

    pub fn witness(&self) -> &dyn Witness {
        &*self.context.witness
    }

    pub fn disks(&self) -> &Disks {
        &self.context.disks
    }

    /// Returns the channels by which notices go out.
    pub fn enabled_channels(&self) -> EnabledChannels {
        self.dependencies.enabled_channels
    }

    pub fn now(&self) -> UnixSeconds {
        self.dependencies.clock.now()
    }

    /// Returns today's date where the institution is.
    pub fn today(&self) -> Day {
        Day::at(self.now(), &self.zone())
    }

    /// Returns the profile in force.
    pub fn profile(&self) -> Arc<Profile> {
        self.context.profile.load()
    }

    /// Returns the institution's time zone.
    pub fn zone(&self) -> TimeZone {
        self.context.profile.zone()
    }

    /// Puts another profile in force for all parts.
    ///
    /// # Errors
    /// [`crate::service::Error::Unavailable`] when its time zone is unknown; the former profile stays in force then.
    pub fn replace_profile(&self, profile: Profile) -> Result<()> {
        self.context.profile.replace(Arc::new(profile))
    }
}
