-- The spine. Ids are version 4 UUIDs, times unix seconds, days days since 1970-01-01.
-- The same tables, columns and order as migrations/sqlite; a test compares them.

CREATE TABLE instance (
    only_row   BIGINT PRIMARY KEY NOT NULL CHECK (only_row = 1),
    id         UUID   NOT NULL,
    created_at BIGINT NOT NULL
);

-- Staff and their keys ------------------------------------------------------------------------------------------------

CREATE TABLE staff (
    id           UUID   PRIMARY KEY NOT NULL,
    email        TEXT   NOT NULL UNIQUE,            -- normalized: trimmed, lower case, NFC
    name         TEXT   NOT NULL,
    role         TEXT   NOT NULL CHECK (role IN ('analyst', 'officer', 'auditor', 'administrator')),
    language     TEXT   NOT NULL,
    state        TEXT   NOT NULL CHECK (state IN ('active', 'left')),
    login_check  BYTEA  NOT NULL,                   -- HMAC under the pepper
    sealed_blob  BYTEA  NOT NULL,                   -- the key blob, sealed again under the pepper
    recipient    TEXT   NOT NULL UNIQUE,
    verify_key   BYTEA  NOT NULL UNIQUE,
    created_at   BIGINT NOT NULL
);

CREATE TABLE area_key (
    area       TEXT   NOT NULL,
    version    BIGINT NOT NULL CHECK (version > 0),
    recipient  TEXT   NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (area, version)
);

CREATE TABLE area_member (
    area     TEXT   NOT NULL,
    version  BIGINT NOT NULL,
    staff_id UUID   NOT NULL REFERENCES staff (id),
    wrapped  BYTEA  NOT NULL,                       -- the area's identity, an age file to the member
    PRIMARY KEY (area, version, staff_id),
    FOREIGN KEY (area, version) REFERENCES area_key (area, version)
);

CREATE TABLE roster (
    version      BIGINT PRIMARY KEY NOT NULL CHECK (version > 0),
    hash         BYTEA  NOT NULL UNIQUE,
    note         BYTEA  NOT NULL,
    published_at BIGINT NOT NULL
);

CREATE TABLE staff_session (
    token_hash         BYTEA  PRIMARY KEY NOT NULL,
    staff_id           UUID   NOT NULL REFERENCES staff (id),
    created_at         BIGINT NOT NULL,
    seen_at            BIGINT NOT NULL,
    reauthenticated_at BIGINT NOT NULL
);

-- Failed sign-ins, to slow guessing: by e-mail or by nothing at all; never by address.
CREATE TABLE sign_in_failure (
    subject      BYTEA  PRIMARY KEY NOT NULL,       -- keyed hash of the normalized e-mail
    failures     BIGINT NOT NULL,
    last_at      BIGINT NOT NULL
);

-- Audit log -------------------------------------------------------------------------------------------------------------

CREATE TABLE audit_entry (
    id         UUID   PRIMARY KEY NOT NULL,
    written    BIGINT NOT NULL,                     -- place in the queue: unix seconds << 20, and a count
    body       BYTEA  NOT NULL,
    leaf_index BIGINT UNIQUE,                       -- null until sequenced
    case_id    UUID
);

CREATE INDEX audit_entry_waiting ON audit_entry (written, id) WHERE leaf_index IS NULL;
CREATE INDEX audit_entry_by_case ON audit_entry (case_id, leaf_index) WHERE case_id IS NOT NULL;

CREATE TABLE audit_hash (
    position BIGINT PRIMARY KEY NOT NULL,           -- stored hash index of C2SP tlog
    hash     BYTEA  NOT NULL
);

CREATE TABLE checkpoint (
    tree_size BIGINT PRIMARY KEY NOT NULL,
    note      BYTEA  NOT NULL,
    cosigned  BOOLEAN NOT NULL,
    made_at   BIGINT NOT NULL
);

-- Cases ---------------------------------------------------------------------------------------------------------------

CREATE TABLE cases (
    id                  UUID   PRIMARY KEY NOT NULL,
    number              TEXT   NOT NULL UNIQUE,
    kind                TEXT   NOT NULL CHECK (kind IN ('queja', 'denuncia')),
    category            TEXT   NOT NULL,
    province            TEXT,
    establishment       TEXT,
    channel             TEXT   NOT NULL CHECK (channel IN ('web', 'whatsapp', 'desk')),
    sealed_by           TEXT   NOT NULL CHECK (sealed_by IN ('server', 'browser')),
    language            TEXT   NOT NULL,
    received_on         BIGINT NOT NULL,            -- day
    area                TEXT   NOT NULL,
    state               TEXT   NOT NULL CHECK (state IN ('received', 'in_review', 'waiting_for_reporter', 'resolved', 'closed')),
    respond_by          BIGINT NOT NULL,            -- day: first personal message
    resolve_by          BIGINT NOT NULL,            -- day
    responded_on        BIGINT,                     -- day of the first personal message
    closed_on           BIGINT,                     -- day; retention counts from it
    verdict             TEXT   CHECK (verdict IN ('valid', 'mismatch', 'unreachable')),
    unread_for_area     BOOLEAN NOT NULL,
    lookup_hash         BYTEA  NOT NULL UNIQUE,
    reporter_recipient  TEXT   NOT NULL,
    reporter_verify_key BYTEA  NOT NULL,
    sort_key            BYTEA  NOT NULL UNIQUE       -- random: breaks ties within a day without telling the order
);

CREATE INDEX cases_by_area ON cases (area, received_on DESC, sort_key DESC);
CREATE INDEX cases_overdue ON cases (area, resolve_by) WHERE state NOT IN ('resolved', 'closed');

CREATE TABLE case_key (
    case_id     UUID   NOT NULL REFERENCES cases (id),
    name        TEXT   NOT NULL CHECK (name IN ('shared', 'staff')),
    version     BIGINT NOT NULL CHECK (version > 0),
    holder      TEXT   NOT NULL CHECK (holder IN ('area', 'reporter')),
    recipient   TEXT   NOT NULL,                    -- to whom the age file opens
    file        BYTEA  NOT NULL,
    PRIMARY KEY (case_id, name, version, holder)
);

CREATE TABLE record (
    id       UUID   PRIMARY KEY NOT NULL,
    case_id  UUID   NOT NULL REFERENCES cases (id),
    position BIGINT NOT NULL,                       -- 1, 2, 3 … within the case
    kind     TEXT   NOT NULL CHECK (kind IN ('narrative', 'shared-fields', 'message', 'note', 'reason')),
    author   TEXT   NOT NULL,                       -- 'reporter' or 'staff:<uuid>', as the sealed envelope also says
    day      BIGINT NOT NULL,
    at       BIGINT,                                -- staff only: to the second
    body     BYTEA  NOT NULL,
    UNIQUE (case_id, position)
);

CREATE TABLE seal (
    id                 UUID   PRIMARY KEY NOT NULL,
    case_id            UUID   NOT NULL REFERENCES cases (id),
    version            BIGINT NOT NULL CHECK (version > 0),
    manifest           BYTEA  NOT NULL,
    manifest_hash      BYTEA  NOT NULL UNIQUE,
    manifest_signature BYTEA  NOT NULL,
    record             BYTEA  NOT NULL,
    witness_half       BYTEA  NOT NULL,
    covered_by         UUID   REFERENCES audit_entry (id),   -- null until its manifest is in the log
    UNIQUE (case_id, version)
);

CREATE INDEX seal_uncovered ON seal (id) WHERE covered_by IS NULL;

CREATE TABLE share (
    seal_id    UUID   NOT NULL REFERENCES seal (id),
    officer_id UUID   NOT NULL,
    x          BIGINT NOT NULL CHECK (x BETWEEN 1 AND 255),
    file       BYTEA  NOT NULL,
    PRIMARY KEY (seal_id, officer_id)
);

-- A state's history: what was decided, by whom; the reason is the sealed record.
CREATE TABLE case_event (
    id        UUID   PRIMARY KEY NOT NULL,          -- the audit entry that tells it
    case_id   UUID   NOT NULL REFERENCES cases (id),
    at        BIGINT NOT NULL,
    staff_id  UUID   REFERENCES staff (id),
    what      TEXT   NOT NULL CHECK (what IN ('state', 'validation_requested', 'verdict')),
    old_value TEXT,
    new_value TEXT,
    record_id UUID   REFERENCES record (id)
);

CREATE INDEX case_event_by_case ON case_event (case_id, at);

-- The officers' desk ---------------------------------------------------------------------------------------------------

CREATE TABLE validation_request (
    id           UUID   PRIMARY KEY NOT NULL,
    case_id      UUID   NOT NULL REFERENCES cases (id),
    requested_by UUID   NOT NULL REFERENCES staff (id),
    requested_at BIGINT NOT NULL,
    letter       BYTEA  NOT NULL,                   -- to the desk
    state        TEXT   NOT NULL CHECK (state IN ('open', 'done'))
);

CREATE UNIQUE INDEX validation_request_open ON validation_request (case_id) WHERE state = 'open';

CREATE TABLE unseal (
    id              UUID   PRIMARY KEY NOT NULL,
    case_id         UUID   NOT NULL REFERENCES cases (id),
    seal_id         UUID   REFERENCES seal (id) ON DELETE SET NULL,   -- null once the identity is erased
    officer_id      UUID   NOT NULL REFERENCES staff (id),
    class           TEXT   NOT NULL,
    request         BYTEA  NOT NULL,
    request_hash    BYTEA  NOT NULL UNIQUE,
    signature       BYTEA  NOT NULL,
    witness_letter  BYTEA  NOT NULL,                -- the purpose, sealed to the witness
    entry_id        UUID   NOT NULL UNIQUE REFERENCES audit_entry (id),
    requested_at    BIGINT NOT NULL,
    state           TEXT   NOT NULL CHECK (state IN ('requested', 'released', 'refused')),
    verdict         TEXT   CHECK (verdict IN ('valid', 'mismatch', 'unreachable')),
    checks          BYTEA,                          -- letter to the desk
    decided_at      BIGINT
);

CREATE INDEX unseal_by_case ON unseal (case_id, requested_at);

CREATE TABLE letter (
    id        UUID   NOT NULL,
    case_id   UUID   NOT NULL REFERENCES cases (id),
    kind      TEXT   NOT NULL CHECK (kind IN ('purpose')),
    to_staff  UUID   NOT NULL REFERENCES staff (id),
    entry_id  UUID   NOT NULL REFERENCES audit_entry (id),
    file      BYTEA  NOT NULL,
    PRIMARY KEY (id, to_staff)
);

CREATE INDEX letter_by_entry ON letter (entry_id);

-- What a visitor's cookie opens -----------------------------------------------------------------------------------------

CREATE TABLE draft (
    token_hash BYTEA  PRIMARY KEY NOT NULL,
    body       BYTEA  NOT NULL,                     -- sealed under the cookie's key
    revision   BIGINT NOT NULL,
    expires_at BIGINT NOT NULL CHECK (expires_at % 3600 = 0)   -- rounded up to the hour
);

-- After submission: the receipt under the cookie's key, until it is saved or 30 minutes have passed.
CREATE TABLE receipt_shown (
    token_hash BYTEA  PRIMARY KEY NOT NULL,
    body       BYTEA  NOT NULL,
    expires_at BIGINT NOT NULL CHECK (expires_at % 600 = 0)    -- rounded up to ten minutes
);

CREATE TABLE follow_up_session (
    token_hash BYTEA  PRIMARY KEY NOT NULL,
    case_id    UUID   NOT NULL REFERENCES cases (id),
    keys       BYTEA  NOT NULL,                     -- shared key and signing key under the cookie's key
    language   TEXT   NOT NULL,
    expires_at BIGINT NOT NULL CHECK (expires_at % 600 = 0)    -- rounded up to ten minutes
);
