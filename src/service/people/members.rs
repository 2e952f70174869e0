//! Accounts of staff with fresh keys under a typed password: for set-up, the demo and tests. In daily work, browsers
//! open the keys. The functions here take only the passwords of people who sit at the terminal.

use rand::CryptoRng;
use serde_json::json;

use super::error::{InvalidMember, MemberError};
use super::part::People;
use super::sign_in::{FIRST_LOGIN_VERSION, login_owner};
use crate::audit::entry::{Act, Actor};
use crate::domain::ids::StaffId;
use crate::domain::notice::Digest;
use crate::domain::role::{Role, StaffState};
use crate::service::audit::log::NewEntry;
use crate::service::error::{Error, InvalidReason, Result};
use crate::store::roster::{AreaKey, AreaMember};
use crate::store::staff::Staff;
use crate::store::{self, Tx};
use crate::vault::agefile::{Identity, Recipient};
use crate::vault::roster::{self, NewKey};
use crate::vault::secret::Key32;
use crate::vault::staffkeys::{self, PasswordKeys, StaffKeys, normalize_email};

/// Shortest password, in characters.
const MIN_PASSWORD_CHARS: usize = 12;

/// A member to be added.
#[derive(Debug)]
pub struct NewMember<'a> {
    pub email: &'a str,
    pub name: &'a str,
    pub role: Role,
    pub language: &'a str,
    /// Codes of the profile. For officers, the desk alone.
    pub areas: &'a [String],
    pub password: &'a str,
}

/// An existing member, who hands on the areas' keys.
#[derive(Debug)]
pub struct Sponsor<'a> {
    pub email: &'a str,
    pub password: &'a str,
}

/// A member who was added.
#[derive(Debug)]
pub struct Added {
    pub id: StaffId,
    /// The keys that were made, of the member and of areas. They come from memory and not from the database, where somebody
    /// could exchange them: the authority compares a proposal with them.
    pub keys: Vec<NewKey>,
}

impl People {
    /// Adds a member with fresh keys. The first member of an area makes its key; later ones get it from a sponsor who
    /// is in the area. Nothing is sealed to the newcomer before a signed roster names them.
    ///
    /// # Errors
    /// [`MemberError`]
    pub async fn add_member(&self, new: NewMember<'_>, sponsor: Option<Sponsor<'_>>) -> Result<Added, MemberError> {
        self.check_member(&new)?;
        let email = normalize_email(new.email);
        let mut rng = self.context.randomness.generator();
        let id = StaffId::random(&mut rng);
        let keys = StaffKeys::random(&mut rng);
        let password = self.password_keys(&email, new.password).await?;
        let blob = keys.seal(
            self.context.instance,
            id,
            &self.context.keys.authority,
            &password,
            &mut rng,
        );
        let pepper = self.context.keys.pepper.key();
        let owner = login_owner(self.context.instance, id, FIRST_LOGIN_VERSION);
        let staff = Staff {
            id,
            email: email.clone(),
            name: roster::normalize_name(new.name),
            role: new.role,
            language: new.language.to_owned(),
            state: StaffState::Active,
            login_check: staffkeys::login_check(pepper, owner, &password.login),
            login_version: FIRST_LOGIN_VERSION,
            sealed_blob: staffkeys::pepper_seal(pepper, self.context.instance, id, &blob, &mut rng),
            recipient: keys.identity.recipient().to_string(),
            verify_key: keys.signing.verify_key().as_bytes().to_vec(),
            created_at: self.context.clock.now(),
            digest: Digest::Never,
            digest_on: None,
            signed_in_on: None,
        };
        let person = (id, staff.name.as_str(), staff.role);
        let verify_key = keys.signing.verify_key();
        let mut made = vec![NewKey::of_member(
            self.context.instance,
            person,
            &keys.identity.recipient(),
            &verify_key,
        )];
        let sponsor = match sponsor {
            Some(sponsor) => Some(self.open_sponsor(&sponsor).await?),
            None => None,
        };
        let mut tx = self.context.db.read().await?;
        if store::staff::by_email(&mut tx, &email).await?.is_some() {
            return Err(MemberError::EmailTaken);
        }
        let mut joins = Vec::new();
        for area in new.areas {
            let joined = self.join(&mut tx, area, id, &keys, sponsor.as_ref(), &mut rng).await?;
            if let Join::First(key, _, recipient) = &joined {
                made.push(NewKey::of_area(
                    self.context.instance,
                    area,
                    key.version.unsigned_abs(),
                    recipient,
                ));
            }
            joins.push(joined);
        }
        drop(tx);

        let entries = self.entries_of(id, new.role, &joins)?;
        let (staff, joins, entries) = (&staff, &joins, &entries);
        self.context
            .db
            .write("add_member", |mut tx| async move {
                store::staff::insert(&mut tx, staff).await?;
                for join in joins {
                    match join {
                        Join::First(key, member, _) => {
                            store::roster::insert_area_key(&mut tx, key, std::slice::from_ref(member)).await?;
                        }
                        Join::Later(versions) => {
                            for member in versions {
                                store::roster::put_area_member(&mut tx, member).await?;
                            }
                        }
                    }
                }
                for entry in entries {
                    entry.write(&mut tx).await?;
                }
                tx.commit().await
            })
            .await?;
        Ok(Added { id, keys: made })
    }

    /// Makes the entries for a new member and the areas that they join.
    fn entries_of(&self, id: StaffId, role: Role, joins: &[Join]) -> Result<Vec<NewEntry>> {
        let detail = json!({ "staff": id, "role": role });
        let mut entries = vec![self.log.entry(Act::StaffAdded, Actor::System, None, detail, None)?];
        for join in joins {
            let (act, area) = match join {
                Join::First(key, ..) => (Act::AreaKeyMade, &key.area),
                Join::Later(versions) => match versions.first() {
                    Some(newest) => (Act::AreaMemberAdded, &newest.area),
                    None => continue,
                },
            };
            let detail = json!({ "area": area, "staff": id });
            entries.push(self.log.entry(act, Actor::System, None, detail, None)?);
        }
        Ok(entries)
    }

    /// Sets the language of a member's pages and messages.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the profile does not have it.
    pub async fn set_language(&self, member: StaffId, language: &str) -> Result<()> {
        if !self
            .context
            .profile
            .load()
            .languages
            .iter()
            .any(|known| known == language)
        {
            return Err(Error::Invalid(InvalidReason::LanguageUnknown));
        }
        self.context
            .db
            .write("set_language", |mut tx| async move {
                store::staff::set_language(&mut tx, member, language).await?;
                tx.commit().await?;
                Ok(())
            })
            .await
    }

    fn check_member(&self, new: &NewMember<'_>) -> Result<(), InvalidMember> {
        if crate::domain::email::normalize(new.email).is_none() {
            return Err(InvalidMember::Email);
        }
        if !roster::is_name(&roster::normalize_name(new.name)) {
            return Err(InvalidMember::Name);
        }
        if new.password.chars().count() < MIN_PASSWORD_CHARS {
            return Err(InvalidMember::ShortPassword);
        }
        if !self
            .context
            .profile
            .load()
            .languages
            .iter()
            .any(|language| language == new.language)
        {
            return Err(InvalidMember::LanguageUnknown);
        }
        if new
            .areas
            .iter()
            .any(|area| self.context.profile.load().area(area).is_none())
        {
            return Err(InvalidMember::AreaUnknown);
        }
        let desk = |area: &String| *area == self.context.profile.load().desk;
        let fits = match new.role {
            Role::Analyst => !new.areas.is_empty() && !new.areas.iter().any(desk),
            Role::Officer => new.areas.len() == 1 && new.areas.iter().all(desk),
            Role::Auditor | Role::Administrator | Role::Clerk => new.areas.is_empty(),
        };
        if fits { Ok(()) } else { Err(InvalidMember::AreasOfRole) }
    }

    async fn password_keys(&self, email: &str, password: &str) -> Result<PasswordKeys> {
        let (instance, email, password) = (
            self.context.instance,
            email.to_owned(),
            zeroize::Zeroizing::new(password.to_owned()),
        );
        Ok(self
            .context
            .kdf
            .run(move || PasswordKeys::derive(instance, &email, &password))
            .await?)
    }

    /// Opens an existing member's keys with the password.
    ///
    /// # Errors
    /// [`MemberError::SponsorRefused`] when e-mail or password is wrong.
    pub async fn open_sponsor(&self, sponsor: &Sponsor<'_>) -> Result<(StaffId, StaffKeys), MemberError> {
        let email = normalize_email(sponsor.email);
        let mut tx = self.context.db.read().await?;
        let staff = store::staff::by_email(&mut tx, &email).await?;
        let staff = staff
            .filter(|staff| staff.state == StaffState::Active)
            .ok_or(MemberError::SponsorRefused)?;
        drop(tx);
        let password = self.password_keys(&email, sponsor.password).await?;
        let blob = staffkeys::pepper_open(
            self.context.keys.pepper.key(),
            self.context.instance,
            staff.id,
            &staff.sealed_blob,
        );
        let blob = blob.map_err(|_| Error::Internal("a key blob does not open under this pepper".into()))?;
        let (keys, _) = StaffKeys::open(&blob, self.context.instance, staff.id, &password)
            .map_err(|_| MemberError::SponsorRefused)?;
        Ok((staff.id, keys))
    }

    async fn join(
        &self,
        tx: &mut Tx,
        area: &str,
        id: StaffId,
        keys: &StaffKeys,
        sponsor: Option<&(StaffId, StaffKeys)>,
        rng: &mut (dyn CryptoRng + Send),
    ) -> Result<Join, MemberError> {
        let recipient = keys.identity.recipient();
        let latest = store::roster::latest_area_key(tx, area).await?;
        let version = latest.map_or(0, |latest| latest.version);
        // All holders of the newest key may have left.
        if version == 0 || store::roster::members(tx, area, version).await?.is_empty() {
            let (identity, version) = (Identity::from_scalar(Key32::random(rng)), version + 1);
            let key = self.made_key(area, version, &identity, (id, keys));
            let wrap = self.wrap(area, version, &identity, (id, keys), (id, &recipient));
            return Ok(Join::First(Box::new(key), wrap, identity.recipient()));
        }
        let (sponsor, sponsor_keys) = sponsor.ok_or(InvalidMember::SponsorMissing)?;
        let held = store::roster::memberships(tx, *sponsor).await?;
        let held = held.iter().filter(|membership| membership.area == area);
        let mut versions = Vec::new();
        // Reports sealed to earlier versions belong to the area, too.
        for membership in held {
            let identity = self.open_own_wrap(tx, membership, (*sponsor, sponsor_keys)).await?;
            let wrapper = (*sponsor, sponsor_keys);
            versions.push(self.wrap(area, membership.version, &identity, wrapper, (id, &recipient)));
        }
        if versions.first().is_none_or(|newest| newest.version != version) {
            return Err(InvalidMember::SponsorOfOtherArea.into());
        }
        Ok(Join::Later(versions))
    }
}

/// The way in which a member gets an area's key.
enum Join {
    /// A new key, wrapped to its maker, and its recipient.
    First(Box<AreaKey>, AreaMember, Recipient),
    /// Each version of the key that the sponsor holds, the newest first.
    Later(Vec<AreaMember>),
}
