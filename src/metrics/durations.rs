//! Durations that wait for the end of their day.

use prometheus_client::metrics::histogram::Histogram;

/// Upper bounds of the buckets of durations, in seconds.
const BOUNDS_SECONDS: [f64; 13] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0,
];

pub(super) fn new_histogram() -> Histogram {
    Histogram::new(BOUNDS_SECONDS)
}

/// The number and the sum of the durations in each bucket.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Durations([(u64, f64); BOUNDS_SECONDS.len() + 1]);

impl Durations {
    pub(super) fn add(&mut self, seconds: f64) {
        let bucket = BOUNDS_SECONDS.iter().take_while(|bound| seconds > **bound).count();
        if let Some((count, sum)) = self.0.get_mut(bucket) {
            *count += 1;
            *sum += seconds;
        }
    }

    /// Adds them to a histogram: each with the mean of its bucket, which lies in the same bucket.
    pub(super) fn release(&self, into: &Histogram) {
        for (count, sum) in self.0.iter().filter(|(count, _)| *count > 0) {
            #[expect(
                clippy::cast_precision_loss,
                reason = "a day has fewer requests than a float has digits"
            )]
            let mean = sum / *count as f64;
            for _ in 0..*count {
                into.observe(mean);
            }
        }
    }
}
