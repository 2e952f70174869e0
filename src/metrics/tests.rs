//! Tests of which numbers count at once, and which when their day is over.

use std::time::Duration;

use super::status::STATUS;
use super::*;
use crate::domain::day::Day;
use crate::domain::facets::Channel;

#[test]
fn what_reporters_do_is_told_when_their_day_is_over() {
    let metrics = Metrics::default();
    let (monday, tuesday) = (Day(20_000), Day(20_001));
    metrics.release(monday);
    let before = metrics.render();
    metrics.count_reports(Channel::Web, Outcome::Submitted, 1);
    metrics.record_request(Side::Reporter, "/report/submit", "POST", 303, Duration::from_millis(40));
    metrics.record_derivation(Duration::ZERO, Duration::from_millis(60));
    metrics.record_transaction("submit_report", Duration::from_millis(7), 2);
    metrics.release(monday);
    assert_eq!(metrics.render(), before, "nothing has moved on its day");
    metrics.release(tuesday);
    let after = metrics.render();
    for line in [
        "sigilo_reports_total{channel=\"web\",outcome=\"submitted\"} 1",
        "sigilo_http_requests_total{route=\"/report/submit\",method=\"POST\",status=\"3xx\"} 1",
        "sigilo_http_request_seconds_bucket{route=\"/report/submit\",method=\"POST\",le=\"0.05\"} 1",
        "sigilo_http_request_seconds_bucket{route=\"/report/submit\",method=\"POST\",le=\"0.025\"} 0",
        "sigilo_kdf_work_seconds_count 1",
        "sigilo_transaction_seconds_bucket{name=\"submit_report\",le=\"0.01\"} 1",
        "sigilo_transaction_retries_total{name=\"submit_report\"} 2",
    ] {
        assert!(after.contains(line), "{line} in {after}");
    }
    metrics.release(tuesday);
    assert_eq!(metrics.render(), after, "once");
}

#[test]
fn what_staff_do_and_what_fails_is_told_at_once() {
    let metrics = Metrics::default();
    metrics.record_request(Side::Staff, "/staff/inbox", "GET", 200, Duration::from_millis(3));
    metrics.record_request(Side::Reporter, "/report", "POST", 500, Duration::from_millis(3));
    metrics.record_job("sequence", false, Duration::from_millis(3), 5);
    metrics.count_job_retry("sequence");
    metrics.record_transaction(IMMEDIATE_TRANSACTIONS[0], Duration::from_millis(3), 1);
    let text = metrics.render();
    assert!(text.contains("sigilo_http_requests_total{route=\"/staff/inbox\",method=\"GET\",status=\"2xx\"} 1"));
    assert!(text.contains("sigilo_reporter_errors_total 1") && !text.contains("/report\""));
    assert!(text.contains("sigilo_job_runs_total{name=\"sequence\",outcome=\"failure\"} 1"));
    assert!(text.contains("sigilo_job_duration_seconds_count{name=\"sequence\"} 1"));
    assert!(text.contains("sigilo_job_retries_total{name=\"sequence\"} 1"));
    let retries = format!(
        "sigilo_transaction_retries_total{{name=\"{}\"}} 1",
        IMMEDIATE_TRANSACTIONS[0]
    );
    assert!(text.contains(&retries), "{retries} in {text}");
}

#[test]
fn what_few_reporters_move_is_rounded_away() {
    let metrics = Metrics::default();
    metrics.set_queue_length("mail", 9);
    metrics.set_free_bytes("database", 300 * 1024 * 1024);
    let text = metrics.render();
    assert!(text.contains("sigilo_queue_length{name=\"mail\"} 0"));
    assert!(
        text.contains(&format!(
            "sigilo_disk_free_bytes{{name=\"database\"}} {:.1}",
            256.0 * 1024.0 * 1024.0
        )),
        "{text}"
    );
    assert_eq!(STATUS.len(), Status::RosterVersion as usize + 1);
}
