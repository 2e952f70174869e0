//! What comes of a request to unseal: the witness is asked, and its answer is written down, once. A request that was
//! written into the log always comes to an end there, whatever stops in between.

use super::part::Unseals;
use crate::audit::entry::{Act, Actor, AnsweredDetail, Base64};
use crate::audit::tree::leaf_hash;
use crate::domain::state::UnsealState;
use crate::service::error::{Error, Result};
use crate::service::unseal::unsealing::{json, word};
use crate::store;
use crate::store::desk::Unseal;
use crate::store::seals::Seal;
use crate::vault::hash::Hash32;
use crate::vault::signing::Signature;
use crate::vault::unseal::UnsealRequest;
use crate::witness::checks::REQUEST_FRESHNESS_SECONDS;
use crate::witness::{EarlierVersion, Inclusion, Refusal, Release, UnsealOrder, journal};

/// What the witness was asked, as far as the officer needs it, and what it answered.
#[derive(Debug)]
pub(crate) struct Answered {
    size: u64,
    pub(crate) covered: Inclusion,
    pub(crate) earlier: Vec<EarlierVersion>,
    pub(crate) release: Release,
}

impl Unseals {
    /// Brings requests to their end that a stop, a closed page or an absent witness left open: how many.
    ///
    /// Nobody waits for their answers any more, so the witness is not asked to open anything: its journal tells whether
    /// it did. What it did not open it can open no more once the request is stale; asked then, it says so.
    ///
    /// # Errors
    /// The last error, when all have been tried.
    pub async fn settle_unseals(&self) -> Result<usize> {
        let mut tx = self.db.read().await?;
        let open = store::desk::requested_unseals(&mut tx).await?;
        drop(tx);
        let (mut settled, mut last) = (0, Ok(()));
        for unseal in &open {
            match self.settle_left(unseal).await {
                Ok(ended) => settled += usize::from(ended),
                Err(error) => last = Err(error),
            }
        }
        last.map(|()| settled)
    }

    async fn settle_left(&self, unseal: &Unseal) -> Result<bool> {
        match self.in_journal(unseal).await {
            Ok(true) => self.note_answer(unseal, None, None).await.map(|()| true),
            Ok(false) if self.is_stale(unseal) => {
                let answer = self.settle(unseal).await?;
                Ok(!matches!(answer, Err(Refusal::Unavailable)))
            }
            // Its page may still be waiting.
            Ok(false) | Err(_) => Ok(false),
        }
    }

    /// Whether the witness takes the request no more, by a clock that may be a minute behind.
    fn is_stale(&self, unseal: &Unseal) -> bool {
        UnsealRequest::read(&unseal.request).map_or(true, |request| {
            self.clock.now().saturating_sub(request.time) > REQUEST_FRESHNESS_SECONDS + 60
        })
    }

    /// Asks the witness and writes its answer down. `None` when it released its half before and this time cannot.
    pub(crate) async fn settle(&self, unseal: &Unseal) -> Result<Result<Option<Answered>, Refusal>> {
        let mut answer = self.ask(unseal).await?;
        if matches!(answer, Err(Refusal::Inconsistent)) {
            // Another countersignature came in between.
            answer = self.ask(unseal).await?;
        }
        match answer {
            Ok(answered) => {
                self.note_answer(unseal, None, Some(&answered)).await?;
                Ok(Ok(Some(answered)))
            }
            Err(Refusal::Unavailable) => Ok(Err(Refusal::Unavailable)),
            // Its journal has a line for a half that then did not open, but nothing went out.
            Err(Refusal::ForeignHalf) => {
                self.note_answer(unseal, Some(Refusal::ForeignHalf), None).await?;
                Ok(Err(Refusal::ForeignHalf))
            }
            Err(refusal) => match self.in_journal(unseal).await {
                Ok(true) => {
                    self.note_answer(unseal, None, None).await?;
                    Ok(Ok(None))
                }
                Ok(false) => {
                    self.note_answer(unseal, Some(refusal), None).await?;
                    Ok(Err(refusal))
                }
                Err(unknown) => Ok(Err(unknown)),
            },
        }
    }

    /// Whether the witness's journal has this request: then it released its half, whoever got the answer.
    async fn in_journal(&self, unseal: &Unseal) -> Result<bool, Refusal> {
        let leaf = self.leaf_of(unseal).await.map_err(unavailable)?;
        let lines = journal::read(&self.witness.journal().await?).map_err(unavailable)?;
        Ok(journal::unseal_leaves(&lines).iter().any(|(_, known)| *known == leaf))
    }

    /// The leaf hash of the entry that tells of the request.
    async fn leaf_of(&self, unseal: &Unseal) -> Result<Hash32> {
        let mut tx = self.db.read().await?;
        let entry = store::log::by_id(&mut tx, unseal.entry_id)
            .await?
            .ok_or(Error::NotFound)?;
        let leaf = leaf_hash(self.instance, &entry.body);
        Hash32::from_slice(&leaf.0).map_err(|error| Error::Internal(error.to_string()))
    }

    /// One order to the witness, with the newest checkpoint.
    async fn ask(&self, unseal: &Unseal) -> Result<Result<Answered, Refusal>> {
        self.log.sequence().await?;
        let mut tx = self.db.read().await?;
        let seal = match unseal.seal_id {
            Some(id) => store::seals::by_id(&mut tx, id).await?.filter(|seal| !seal.erased),
            None => None,
        };
        let Some(seal) = seal else {
            return Ok(Err(Refusal::Erased));
        };
        let missing = |what: &str| Error::Internal(format!("{what} is missing"));
        let latest = store::log::latest_checkpoint(&mut tx).await?;
        let latest = latest.ok_or_else(|| missing("the log's checkpoint"))?;
        let size = latest.tree_size.unsigned_abs();
        let requested = self.log.inclusion(&mut tx, unseal.entry_id, size).await?;
        let covering = seal.covered_by.ok_or_else(|| missing("the seal's coverage"))?;
        let covered = self.log.inclusion(&mut tx, covering, size).await?;
        let earlier = self.earlier_versions(&mut tx, &seal, size).await?;
        let advance = match self.log.advance(&mut tx, &latest).await {
            Ok(advance) => advance,
            Err(Error::Unavailable(reason)) => {
                tracing::error!(%reason, "unseal");
                return Ok(Err(Refusal::Unavailable));
            }
            Err(error) => return Err(error),
        };
        drop(tx);
        let manifest_signature = signature_of(&seal)?;
        let order = UnsealOrder {
            requested,
            covered: covered.clone(),
            advance,
            manifest: Base64(seal.manifest),
            manifest_signature,
            earlier: earlier.clone(),
            letter: Base64(unseal.witness_letter.clone()),
            half: Base64(seal.witness_half),
        };
        Ok(self.witness.unseal(order).await.map(|release| Answered {
            size,
            covered,
            earlier,
            release,
        }))
    }

    /// The versions that a seal corrects, the newest first, each with the entry that covers it.
    async fn earlier_versions(&self, tx: &mut store::Tx, seal: &Seal, size: u64) -> Result<Vec<EarlierVersion>> {
        let mut earlier = Vec::new();
        for before in store::seals::of_case(tx, seal.case_id).await?.into_iter().rev() {
            if before.version >= seal.version {
                continue;
            }
            let covering = before
                .covered_by
                .ok_or_else(|| Error::Internal("an earlier version's coverage is missing".into()))?;
            earlier.push(EarlierVersion {
                covered: self.log.inclusion(tx, covering, size).await?,
                manifest_signature: signature_of(&before)?,
                manifest: Base64(before.manifest),
            });
        }
        Ok(earlier)
    }

    /// Writes the end of a request down, once.
    async fn note_answer(&self, unseal: &Unseal, refusal: Option<Refusal>, answered: Option<&Answered>) -> Result<()> {
        let (act, state) = match refusal {
            None => (Act::UnsealReleased, UnsealState::Released),
            Some(_) => (Act::UnsealRefused, UnsealState::Refused),
        };
        let detail = AnsweredDetail {
            requested: unseal.entry_id,
            refusal: refusal.map(word),
        };
        let entry = self
            .log
            .entry(act, Actor::System, Some(unseal.case_id), json(&detail)?, None)?;
        let cosigned = answered.map(|answered| store::log::Checkpoint {
            tree_size: answered.size.cast_signed(),
            note: answered.release.cosigned.0.clone(),
            cosigned: true,
            made_at: self.clock.now(),
        });
        let (entry, cosigned) = (&entry, &cosigned);
        self.db
            .write(|mut tx| async move {
                if let Some(cosigned) = cosigned {
                    store::log::put_checkpoint(&mut tx, cosigned).await?;
                }
                // The job and the request itself may both have asked; the first to come writes.
                let now = store::desk::unseal(&mut tx, unseal.id).await?.ok_or(Error::NotFound)?;
                if now.state == UnsealState::Requested {
                    store::desk::answer_unseal(&mut tx, unseal.id, state).await?;
                    entry.write(&mut tx).await?;
                }
                tx.commit().await?;
                Ok(())
            })
            .await
    }
}

fn signature_of(seal: &Seal) -> Result<Signature> {
    Signature::from_slice(&seal.manifest_signature)
        .map_err(|_| Error::Internal("a manifest's signature is none: it was changed".into()))
}

fn unavailable(error: impl std::fmt::Display) -> Refusal {
    tracing::error!(%error, "whether the witness released its half is not known yet");
    Refusal::Unavailable
}
