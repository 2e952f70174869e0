//! `[limits]` and `[disk]`: the bounds that keep the service standing.

use serde::Deserialize;

use crate::domain::rate_limit::RateLimit;

/// The allowance for ten minutes: of one visitor, and of everybody together. 0 is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quota {
    pub visitor: u64,
    pub everybody: u64,
}

impl Quota {
    const PERIOD_SECONDS: u64 = 600;

    /// Returns the allowance of one visitor; `unit` is the count that one of the configured figure stands for.
    pub(crate) const fn of_visitor(self, unit: u64) -> RateLimit {
        RateLimit {
            max: self.visitor.saturating_mul(unit),
            period_seconds: Self::PERIOD_SECONDS,
        }
    }

    /// Returns the allowance of everybody together.
    pub(crate) const fn of_everybody(self, unit: u64) -> RateLimit {
        RateLimit {
            max: self.everybody.saturating_mul(unit),
            period_seconds: Self::PERIOD_SECONDS,
        }
    }
}

/// `[limits]`: a visitor is a network (an IPv4 address, an IPv6 /64). Mobile carriers and hospitals put hundreds of
/// people behind one, so the figures are far above what any person does.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    /// New drafts of reports.
    pub starts: Quota,
    /// Submitted reports and messages.
    pub submissions: Quota,
    /// Presented receipts.
    pub receipts: Quota,
    /// Attempts to sign in.
    pub sign_ins: Quota,
    /// Megabytes of files.
    pub upload_mb: Quota,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        let pair = |visitor, everybody| Quota { visitor, everybody };
        Self {
            starts: pair(600, 12_000),
            submissions: pair(600, 12_000),
            receipts: pair(600, 12_000),
            sign_ins: pair(300, 3_000),
            upload_mb: pair(10_000, 100_000),
        }
    }
}

/// `[disk]`: the megabytes that must be left on the disks of database and files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DiskConfig {
    /// Below this no files are taken; reports still are.
    pub files_mb: u64,
    /// Below this no report can be begun; those that were begun can be finished.
    pub reports_mb: u64,
}

impl Default for DiskConfig {
    fn default() -> Self {
        Self {
            files_mb: 1_000,
            reports_mb: 100,
        }
    }
}

/// The bytes that must be left on the disks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiskReserve {
    pub files: u64,
    pub reports: u64,
}

impl From<DiskConfig> for DiskReserve {
    fn from(config: DiskConfig) -> Self {
        Self {
            files: config.files_mb.saturating_mul(1_000_000),
            reports: config.reports_mb.saturating_mul(1_000_000),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_figure_can_be_set_and_the_rest_stays() {
        let limits: LimitsConfig = toml::from_str("starts = { visitor = 5, everybody = 9 }").unwrap();
        assert_eq!(
            limits.starts,
            Quota {
                visitor: 5,
                everybody: 9
            }
        );
        assert_eq!(limits.receipts, LimitsConfig::default().receipts);
        let disk: DiskConfig = toml::from_str("reports_mb = 5").unwrap();
        assert_eq!(
            DiskReserve::from(disk),
            DiskReserve {
                files: 1_000_000_000,
                reports: 5_000_000
            }
        );
        assert!(toml::from_str::<LimitsConfig>("starts = 5").is_err());
    }
}
