//! Sends what waits: each person's messages in order, many people's at once, no faster than Meta takes them.

use std::collections::{HashMap, HashSet};
use std::num::NonZeroU16;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use crate::channels::whatsapp::WhatsApp;
use crate::channels::whatsapp::conversation::state::Letter;
use crate::channels::whatsapp::inbound::notification::Person;
use crate::channels::whatsapp::outbound::api::Refused;
use crate::channels::whatsapp::outbound::message::Saying;
use crate::domain::notice::NoticeChannel;
use crate::service::Result;
use crate::service::whatsapp::{QueuedMessage, beginning};
use crate::store::notices::Notice;

/// So large a part of what Meta lets a number send in a second goes at once, the rest steadily: no second has more.
const AT_ONCE: f64 = 1.0 / 16.0;
/// Messages to one person: so many at once, then one in so many seconds.
const BURST: f64 = 45.0;
const PAIR: f64 = 6.0;
/// Messages under way at once.
const UNDER_WAY: usize = 64;
/// Messages read at once.
const BATCH: i64 = 256;
/// Between two looks when nobody rings.
const LOOK: Duration = Duration::from_secs(2);
/// Between two looks at notices.
const NOTICES: Duration = Duration::from_secs(10);
/// Seconds after which a message whose fate is not known is tried again.
const AGAIN: i64 = 60;
/// The longest pause between two tries, in seconds.
const LONGEST: i64 = 600;
/// A notice that cannot be sent is tried so often, over some days.
const NOTICE_TRIES: i64 = 12;

/// So many at once, refilled steadily.
struct Bucket {
    left: f64,
    since: Instant,
}

impl Bucket {
    fn full(size: f64, now: Instant) -> Self {
        Self { left: size, since: now }
    }

    /// Takes one, or says how long until there is one.
    fn take(&mut self, size: f64, a_second: f64, now: Instant) -> std::result::Result<(), Duration> {
        self.left = (self.left + (now - self.since).as_secs_f64() * a_second).min(size);
        self.since = now;
        if self.left >= 1.0 {
            self.left -= 1.0;
            return Ok(());
        }
        Err(Duration::from_secs_f64((1.0 - self.left) / a_second))
    }
}

/// How fast we may speak now.
struct Pace {
    /// Messages a second from the number: so many at once, and so many steadily.
    at_once: f64,
    steadily: f64,
    number: Option<Bucket>,
    people: HashMap<Vec<u8>, Bucket>,
    /// Meta has said that it is too much, or does not answer.
    pause: Option<Instant>,
}

impl Pace {
    fn new(messages_per_second: NonZeroU16) -> Self {
        let limit = f64::from(messages_per_second.get());
        let at_once = (limit * AT_ONCE).max(1.0);
        Self {
            at_once,
            steadily: (limit - at_once).max(1.0),
            number: None,
            people: HashMap::new(),
            pause: None,
        }
    }

    /// Whether a message may go to this person now; else when.
    fn may(&mut self, person: &[u8], now: Instant) -> std::result::Result<(), Duration> {
        if let Some(pause) = self.pause
            && pause > now
        {
            return Err(pause - now);
        }
        let pair = self
            .people
            .entry(person.to_vec())
            .or_insert_with(|| Bucket::full(BURST, now));
        pair.take(BURST, 1.0 / PAIR, now)?;
        let number = self.number.get_or_insert_with(|| Bucket::full(self.at_once, now));
        number
            .take(self.at_once, self.steadily, now)
            .inspect_err(|_| pair.left += 1.0)
    }

    fn pause(&mut self, time: Duration) {
        let until = Instant::now() + time;
        self.pause = Some(self.pause.map_or(until, |known| known.max(until)));
    }

    /// People who have not been written to for long need not be known.
    fn tidy(&mut self) {
        let old = Duration::from_mins(5);
        self.people.retain(|_, bucket| bucket.since.elapsed() < old);
    }
}

/// Until `stop` changes.
pub(crate) async fn speak(whatsapp: Arc<WhatsApp>, mut stop: watch::Receiver<bool>) {
    let pace = Arc::new(Mutex::new(Pace::new(whatsapp.config.messages_per_second)));
    let finished = Arc::new(Notify::new());
    let mut sending = JoinSet::new();
    // Whose message is on its way: their next one waits for it.
    let busy: Arc<Mutex<HashSet<Vec<u8>>>> = Arc::default();
    let mut notices = Instant::now();
    loop {
        let mut wake = Instant::now() + LOOK;
        match round(&whatsapp, &pace, &busy, &finished, &mut sending).await {
            Ok(Some(soon)) => wake = wake.min(Instant::now() + soon),
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "what is to be said cannot be read; it is tried again"),
        }
        if Instant::now() >= notices {
            notices = Instant::now() + NOTICES;
            pace.lock().unwrap_or_else(PoisonError::into_inner).tidy();
            if let Err(error) = tell(&whatsapp).await {
                tracing::error!(%error, "notices cannot be sent; it is tried again");
            }
        }
        while sending.try_join_next().is_some() {}
        tokio::select! {
            () = whatsapp.to_say.notified() => {}
            () = finished.notified() => {}
            () = sleep_until(wake) => {}
            _ = stop.changed() => break,
        }
    }
    while sending.join_next().await.is_some() {}
}

/// Sends what may be sent now; when to look again, if that is soon.
async fn round(
    whatsapp: &Arc<WhatsApp>,
    pace: &Arc<Mutex<Pace>>,
    busy: &Arc<Mutex<HashSet<Vec<u8>>>>,
    finished: &Arc<Notify>,
    sending: &mut JoinSet<()>,
) -> Result<Option<Duration>> {
    if !whatsapp.is_ours().await? {
        return Ok(None);
    }
    let now = whatsapp.app.now();
    let mut soon = None;
    let mut sooner = |time: Duration| soon = Some(soon.map_or(time, |known: Duration| known.min(time)));
    // Who has something earlier that waits keeps the rest waiting.
    let mut behind: HashSet<Vec<u8>> = HashSet::new();
    let mut cursor = beginning();
    loop {
        let unsent = whatsapp.app.queued_messages(cursor, BATCH).await?;
        let Some(last) = unsent.last() else { break };
        cursor = last.cursor;
        for message in unsent {
            let is_busy = busy
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .contains(&message.person);
            if is_busy || behind.contains(&message.person) {
                continue;
            }
            if message.next_at > now {
                let seconds = u64::try_from(message.next_at - now).unwrap_or_default();
                sooner(Duration::from_secs(seconds));
                behind.insert(message.person);
                continue;
            }
            if sending.len() >= UNDER_WAY {
                while sending.try_join_next().is_some() {}
                if sending.len() >= UNDER_WAY {
                    return Ok(soon);
                }
            }
            let may = pace
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .may(&message.person, Instant::now());
            if let Err(time) = may {
                sooner(time);
                behind.insert(message.person);
                continue;
            }
            busy.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(message.person.clone());
            let (whatsapp, pace, busy, finished) = (whatsapp.clone(), pace.clone(), busy.clone(), finished.clone());
            sending.spawn(async move {
                let person = message.person.clone();
                if let Err(error) = send(&whatsapp, &pace, message).await {
                    tracing::error!(%error, "what was sent is not written down; it may be sent once more");
                }
                busy.lock().unwrap_or_else(PoisonError::into_inner).remove(&person);
                finished.notify_one();
            });
        }
    }
    Ok(soon)
}

/// Sends one message. Should we die between the sending and the writing down, it is sent once more: the API cannot tell.
async fn send(whatsapp: &WhatsApp, pace: &Mutex<Pace>, message: QueuedMessage) -> Result<()> {
    let (app, id) = (&whatsapp.app, message.cursor.1);
    let letter = message
        .body
        .as_ref()
        .and_then(|body| serde_json::from_slice::<Letter>(body).ok());
    let Some(letter) = letter else {
        tracing::error!("a message does not open: its key is gone");
        return app.delete_message(id).await;
    };
    if !app.claim_message(id, app.now() + AGAIN).await? {
        return Ok(());
    }
    let Err(refused) = whatsapp.api.send(&letter.to, &letter.saying).await else {
        return app.delete_message(id).await;
    };
    let attempts = u32::try_from(message.attempts).unwrap_or(u32::MAX).min(12);
    let pause = |time: Duration| {
        pace.lock().unwrap_or_else(PoisonError::into_inner).pause(time);
    };
    let seconds = match refused {
        Refused::Closed | Refused::Never(_) => {
            tracing::warn!(%refused, "a message is given up");
            return app.delete_message(id).await;
        }
        // Meta: 4^n seconds.
        Refused::TooManyToOne => 4_i64.saturating_pow(attempts).min(LONGEST),
        Refused::TooMany => {
            // On the way some came closer together than they left.
            pause(Duration::from_millis(300));
            1_i64 << attempts.min(9)
        }
        Refused::Unanswered | Refused::Trouble(_) => {
            pause(Duration::from_secs(1));
            (1_i64 << attempts.min(10)).min(LONGEST)
        }
        Refused::Access(_) => {
            pause(Duration::from_secs(30));
            60
        }
    };
    tracing::warn!(%refused, seconds, "a message is sent again");
    app.requeue_message(id, app.now() + seconds).await
}

/// Notices go as a template that says nothing of the case: the person has hardly written within the last day.
async fn tell(whatsapp: &WhatsApp) -> Result<()> {
    let app = &whatsapp.app;
    let Some(template) = &whatsapp.config.news_template else {
        return Ok(());
    };
    if !whatsapp.is_ours().await? {
        return Ok(());
    }
    for notice in app.due_notices(NoticeChannel::Whatsapp).await? {
        let Notice {
            id, case_id, attempts, ..
        } = notice;
        let Some(case) = case_id else { continue };
        let address = app.contact_address(case, NoticeChannel::Whatsapp).await?;
        let Some(person) = address.as_deref().and_then(|address| Person::from_address(address)) else {
            app.notice_done(id).await?;
            continue;
        };
        let saying = Saying::Template {
            name: template.clone(),
            language: app.language_of(case).await?.unwrap_or_else(|| "es".to_owned()),
        };
        match whatsapp.api.send(&person, &saying).await {
            Ok(()) => app.notice_done(id).await?,
            Err(refused @ (Refused::Never(_) | Refused::Closed)) => {
                tracing::warn!(%refused, "a notice is given up");
                app.notice_done(id).await?;
            }
            Err(refused) if attempts >= NOTICE_TRIES => {
                tracing::warn!(%refused, "a notice is given up");
                app.notice_done(id).await?;
            }
            Err(refused) => {
                tracing::warn!(%refused, "a notice is sent again");
                app.put_off_notice(id, 60 << attempts.clamp(0, 8)).await?;
                sleep(Duration::from_secs(1)).await;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace() -> Pace {
        Pace::new(NonZeroU16::new(80).unwrap())
    }

    /// When each of so many messages may go, each to whom `person` says, in milliseconds.
    fn moments(count: u32, person: impl Fn(u32) -> u32) -> Vec<u128> {
        let (mut pace, begin) = (pace(), Instant::now());
        let mut now = begin;
        let mut moments = Vec::new();
        for number in 0..count {
            while let Err(wait) = pace.may(&person(number).to_le_bytes(), now) {
                // A wait of nothing would never end.
                now += wait.max(Duration::from_micros(1));
            }
            moments.push((now - begin).as_millis());
        }
        moments
    }

    #[test]
    fn a_crowd_is_answered_at_once_but_never_faster_than_meta_takes_it() {
        let moments = moments(800, |number| number);
        for (first, moment) in moments.iter().enumerate() {
            let within = moments[first..]
                .iter()
                .take_while(|later| *later - moment < 1000)
                .count();
            assert!(within <= 80, "{within} within a second from {moment} ms");
        }
        assert!(moments[799] < 800 * 1000 / 74, "{} ms for 800", moments[799]);
    }

    #[test]
    fn one_person_gets_a_burst_and_then_one_in_six_seconds() {
        let moments = moments(50, |_| 1);
        assert!(moments[44] < 1000, "{moments:?}");
        assert!(moments[49] - moments[44] > 23_000, "{moments:?}");
    }

    #[test]
    fn whoever_must_wait_for_the_number_has_not_used_up_their_own_share() {
        let (mut pace, now) = (pace(), Instant::now());
        for _ in 0..10_000 {
            let _ = pace.may(b"one", now);
        }
        assert!(pace.people[&b"one"[..]].left > BURST - pace.at_once - 1.0);
    }

    #[test]
    fn a_pause_holds_everybody_and_the_longer_one_counts() {
        let (mut pace, now) = (pace(), Instant::now());
        pace.pause(Duration::from_secs(30));
        pace.pause(Duration::from_secs(1));
        assert!(pace.may(b"one", now + Duration::from_secs(29)).is_err());
        assert!(pace.may(b"one", now + Duration::from_secs(31)).is_ok());
    }
}
