//! The body of an upload, watched while it comes in. The form reader keeps all bytes that it has not understood yet, and
//! waits without end: this stream bounds both.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use tokio::time::{Instant, Sleep, sleep};

/// Time without any byte after which an upload is aborted.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(45);
/// Bytes a second that must come on average, after the first minute.
const MIN_BYTES_PER_SECOND: u64 = 1024;
/// Bytes that may lie unread. No head of a form's part is nearly as long.
const MAX_UNREAD_BYTES: usize = 64 * 1024;
/// Bytes that are given out at once. Connections may read several times as many.
const PIECE_BYTES: usize = 64 * 1024;

/// The upload was aborted.
#[derive(Debug, thiserror::Error)]
#[error("the connection broke, crawls, or sends what is no form")]
pub(crate) struct UploadAborted;

/// The bytes that went in since something came out.
#[derive(Clone, Debug, Default)]
pub(crate) struct UnreadBytes(Arc<AtomicUsize>);

impl UnreadBytes {
    /// Resets the count: a part of a form, or a piece of one, came out.
    pub(crate) fn reset(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

/// A body that fails when nothing comes in, too little, or bytes that make no form.
pub(crate) struct UploadStream {
    body: BodyDataStream,
    /// Bytes that have come and were not given out yet.
    rest: Bytes,
    unread: UnreadBytes,
    silence: Pin<Box<Sleep>>,
    begun: Instant,
    total: u64,
    /// The reader was given its turn to take something out.
    waited: bool,
}

impl UploadStream {
    pub(crate) fn new(body: Body, unread: UnreadBytes) -> Self {
        Self {
            body: body.into_data_stream(),
            rest: Bytes::new(),
            unread,
            silence: Box::pin(sleep(SILENCE_TIMEOUT)),
            begun: Instant::now(),
            total: 0,
            waited: false,
        }
    }

    fn is_too_slow(&self) -> bool {
        let seconds = self.begun.elapsed().as_secs();
        seconds > 60 && self.total < seconds * MIN_BYTES_PER_SECOND
    }
}

impl Stream for UploadStream {
    type Item = Result<Bytes, UploadAborted>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.unread.0.load(Ordering::Relaxed) < MAX_UNREAD_BYTES {
            self.waited = false;
        } else if self.waited {
            return Poll::Ready(Some(Err(UploadAborted)));
        } else {
            self.waited = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        if self.rest.is_empty() {
            // Released first: the connection reads the next bytes into the same memory.
            self.rest = Bytes::new();
            let Poll::Ready(frame) = self.body.poll_next_unpin(context) else {
                ready!(self.silence.as_mut().poll(context));
                return Poll::Ready(Some(Err(UploadAborted)));
            };
            match frame {
                Some(Ok(frame)) => self.rest = frame,
                Some(Err(_)) => return Poll::Ready(Some(Err(UploadAborted))),
                None => return Poll::Ready(None),
            }
            self.total += self.rest.len() as u64;
            self.silence.as_mut().reset(Instant::now() + SILENCE_TIMEOUT);
            if self.is_too_slow() {
                return Poll::Ready(Some(Err(UploadAborted)));
            }
        }
        let length = self.rest.len().min(PIECE_BYTES);
        self.unread.0.fetch_add(length, Ordering::Relaxed);
        Poll::Ready(Some(Ok(self.rest.split_to(length))))
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    fn endless() -> Body {
        Body::from_stream(stream::repeat_with(|| {
            Ok::<_, std::io::Error>(Bytes::from_static(&[b'x'; 8192]))
        }))
    }

    #[tokio::test]
    async fn what_nobody_understands_is_not_kept() {
        let mut watched = UploadStream::new(endless(), UnreadBytes::default());
        let mut taken = 0;
        while let Some(Ok(frame)) = watched.next().await {
            taken += frame.len();
            assert!(taken <= MAX_UNREAD_BYTES + 8192);
        }
        assert!(taken >= MAX_UNREAD_BYTES, "a head of some length is fine");
    }

    #[tokio::test]
    async fn what_is_read_may_go_on() {
        let unread = UnreadBytes::default();
        let mut watched = UploadStream::new(endless(), unread.clone());
        for _ in 0..1000 {
            assert!(watched.next().await.unwrap().is_ok());
            unread.reset();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn silence_and_crawling_are_broken_off() {
        let mut silent = UploadStream::new(
            Body::from_stream(stream::pending::<Result<Bytes, UploadAborted>>()),
            UnreadBytes::default(),
        );
        assert!(silent.next().await.unwrap().is_err());
        let drops = stream::unfold((), |()| async {
            sleep(Duration::from_secs(20)).await;
            Some((Ok::<_, UploadAborted>(Bytes::from_static(b"x")), ()))
        });
        let mut crawling = UploadStream::new(Body::from_stream(drops), UnreadBytes::default());
        let mut drops = 0;
        while crawling.next().await.unwrap().is_ok() {
            drops += 1;
        }
        assert_eq!(drops, 3, "a minute is given");
    }
}
