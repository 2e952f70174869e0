//! Gauges that are read only when the metrics are scraped.

/// A gauge without labels.
#[derive(Debug, Clone, Copy)]
pub enum Status {
    LogEntries,
    /// Entries that have no place in the log yet.
    LogWaiting,
    /// Age of the oldest of them, in seconds.
    LogWaitingSeconds,
    CheckpointAge,
    CosignatureAge,
    /// Seconds that the newest checkpoint has waited for the witness; 0 when it is countersigned.
    CosignatureOverdue,
    WitnessUp,
    DatabaseUp,
    IntakeReady,
    KdfWaiting,
    KdfWorkers,
    Memory,
    FileFailures,
    RosterVersion,
}

/// Name and help text of each [`Status`], in the order of the enum.
pub(super) const STATUS: [(&str, &str); 14] = [
    ("log_entries", "Entries that have a place in the audit log"),
    (
        "log_waiting_entries",
        "Entries that wait for their place in the audit log",
    ),
    ("log_waiting_seconds", "How long the oldest of them has waited"),
    ("checkpoint_age_seconds", "Age of the newest checkpoint"),
    ("cosignature_age_seconds", "Age of the newest countersigned checkpoint"),
    (
        "cosignature_overdue_seconds",
        "How long the newest checkpoint has waited for the witness; 0 when it is countersigned",
    ),
    ("witness_up", "Whether the witness answers"),
    ("database_up", "Whether the database answers"),
    (
        "intake_ready",
        "Whether reports can be taken: database, signed roster and witness are there",
    ),
    ("kdf_queue", "Key derivations that wait for a worker"),
    ("kdf_workers", "Key derivations that can run at once"),
    (
        "process_resident_memory_bytes",
        "Memory of the process, rounded down to 16 MiB",
    ),
    (
        "file_store_failures",
        "Failures of the store of sealed files since the start",
    ),
    ("roster_version", "Version of the signed roster in force"),
];
