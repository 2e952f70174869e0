//! The profile in force, which can be replaced while the server runs.

use std::sync::{Arc, PoisonError, RwLock};

use jiff::tz::TimeZone;

use crate::dialogue::Profile;
use crate::service::error::{Error, Result};

/// A profile and its time zone, which belong together.
struct InForce {
    profile: Arc<Profile>,
    zone: TimeZone,
}

/// The profile that all parts share. A clone of the handle sees the same profile.
#[derive(Clone)]
pub struct ProfileHandle(Arc<RwLock<Arc<InForce>>>);

impl ProfileHandle {
    /// Puts a profile in force.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when its time zone is unknown.
    pub fn new(profile: Arc<Profile>) -> Result<Self> {
        Ok(Self(Arc::new(RwLock::new(Arc::new(InForce::new(profile)?)))))
    }

    /// Returns the profile in force. A use case that needs several parts of it loads it once.
    pub fn load(&self) -> Arc<Profile> {
        self.in_force().profile.clone()
    }

    /// Returns the time zone of the profile in force.
    pub fn zone(&self) -> TimeZone {
        self.in_force().zone.clone()
    }

    /// Puts another profile in force. Use cases that have begun end with the former one.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when its time zone is unknown; the former profile stays in force then.
    pub fn replace(&self, profile: Arc<Profile>) -> Result<()> {
        let next = Arc::new(InForce::new(profile)?);
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = next;
        Ok(())
    }

    fn in_force(&self) -> Arc<InForce> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl InForce {
    fn new(profile: Arc<Profile>) -> Result<Self> {
        let zone = TimeZone::get(&profile.time_zone)
            .map_err(|_| Error::Unavailable(format!("the profile's time zone {} is unknown", profile.time_zone)))?;
        Ok(Self { profile, zone })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock::FixedClock;
    use crate::service::clock::LocalClock;

    const PROFILE: &str = include_str!("../../profiles/iess.toml");

    #[test]
    fn a_part_sees_the_profile_that_replaced_another() {
        let profile = Profile::parse(PROFILE).unwrap();
        let handle = ProfileHandle::new(Arc::new(profile.clone())).unwrap();
        // 2026-11-24T03:00:00Z: still the 23rd in Ecuador, and already the 24th in Spain.
        let clock = LocalClock::new(Arc::new(FixedClock::new(1_795_489_200)), handle.clone());
        let (held, before) = (handle.load(), clock.today());

        let mut madrid = profile.clone();
        madrid.time_zone = "Europe/Madrid".into();
        madrid.retention.case_days += 1;
        handle.replace(Arc::new(madrid)).unwrap();
        assert_eq!(clock.today().0, before.0 + 1, "the time zone goes with the profile");
        assert_eq!(handle.load().retention.case_days, profile.retention.case_days + 1);
        assert_eq!(
            held.retention.case_days, profile.retention.case_days,
            "a use case that has begun keeps its own"
        );

        let mut nowhere = profile;
        nowhere.time_zone = "Europe/Nowhere".into();
        assert!(matches!(handle.replace(Arc::new(nowhere)), Err(Error::Unavailable(_))));
        assert_eq!(
            handle.load().time_zone,
            "Europe/Madrid",
            "a profile that cannot be used changes nothing"
        );
    }
}
