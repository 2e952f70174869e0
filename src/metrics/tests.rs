//! What is told at once, and what only when its day is over.

use super::*;

#[test]
fn what_reporters_do_is_told_when_their_day_is_over() {
    let metrics = Metrics::default();
    let (monday, tuesday) = (Day(20_000), Day(20_001));
    metrics.release(monday);
    let before = metrics.text();
    metrics.report(Channel::Web, Outcome::Submitted, 1);
    metrics.request(Side::Reporter, "/report/submit", "POST", 303, Duration::from_millis(40));
    metrics.derivation(Duration::ZERO, Duration::from_millis(60));
    metrics.release(monday);
    assert_eq!(metrics.text(), before, "nothing has moved on its day");
    metrics.release(tuesday);
    let after = metrics.text();
    for line in [
        "sigilo_reports_total{channel=\"web\",outcome=\"submitted\"} 1",
        "sigilo_http_requests_total{route=\"/report/submit\",method=\"POST\",status=\"3xx\"} 1",
        "sigilo_http_request_seconds_bucket{route=\"/report/submit\",method=\"POST\",le=\"0.05\"} 1",
        "sigilo_http_request_seconds_bucket{route=\"/report/submit\",method=\"POST\",le=\"0.025\"} 0",
        "sigilo_kdf_work_seconds_count 1",
    ] {
        assert!(after.contains(line), "{line} in {after}");
    }
    metrics.release(tuesday);
    assert_eq!(metrics.text(), after, "once");
}

#[test]
fn what_staff_do_and_what_fails_is_told_at_once() {
    let metrics = Metrics::default();
    metrics.request(Side::Staff, "/staff/inbox", "GET", 200, Duration::from_millis(3));
    metrics.request(Side::Reporter, "/report", "POST", 500, Duration::from_millis(3));
    metrics.job("sequence", false, Duration::from_millis(3), 5);
    metrics.job_retry("sequence");
    let text = metrics.text();
    assert!(text.contains("sigilo_http_requests_total{route=\"/staff/inbox\",method=\"GET\",status=\"2xx\"} 1"));
    assert!(text.contains("sigilo_reporter_errors_total 1") && !text.contains("/report\""));
    assert!(text.contains("sigilo_job_runs_total{name=\"sequence\",outcome=\"failure\"} 1"));
    assert!(text.contains("sigilo_job_duration_seconds_count{name=\"sequence\"} 1"));
    assert!(text.contains("sigilo_job_retries_total{name=\"sequence\"} 1"));
}

#[test]
fn what_few_reporters_move_is_rounded_away() {
    let metrics = Metrics::default();
    metrics.queue("mail", 9);
    metrics.disk("database", 300 * 1024 * 1024);
    let text = metrics.text();
    assert!(text.contains("sigilo_queue_length{name=\"mail\"} 0"));
    assert!(
        text.contains(&format!(
            "sigilo_disk_free_bytes{{name=\"database\"}} {:.1}",
            256.0 * 1024.0 * 1024.0
        )),
        "{text}"
    );
    assert_eq!(STANDING.len(), Standing::RosterVersion as usize + 1);
}
