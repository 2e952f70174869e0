-- The spine. Ids are version 4 UUIDs (16 bytes), times unix seconds, days days since 1970-01-01.
-- WITHOUT ROWID wherever a reporter writes: a rowid would tell the order of arrival.
-- The same tables, columns and order as migrations/postgres; a test compares them.

CREATE TABLE instance (
    only_row   BIGINT PRIMARY KEY NOT NULL CHECK (only_row = 1),
    id         BLOB   NOT NULL,
    created_at BIGINT NOT NULL
);

-- Staff and their keys ------------------------------------------------------------------------------------------------

CREATE TABLE staff (
    id           BLOB   PRIMARY KEY NOT NULL,
    email        TEXT   NOT NULL UNIQUE,            -- normalized: trimmed, lower case, NFC
    name         TEXT   NOT NULL,
    role         TEXT   NOT NULL CHECK (role IN ('analyst', 'officer', 'auditor', 'administrator')),
    language     TEXT   NOT NULL,
    state        TEXT   NOT NULL CHECK (state IN ('active', 'left')),
    login_check  BLOB   NOT NULL,                   -- HMAC under the pepper
    sealed_blob  BLOB   NOT NULL,                   -- the key blob, sealed again under the pepper
    recipient    TEXT   NOT NULL UNIQUE,
    verify_key   BLOB   NOT NULL UNIQUE,
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
    staff_id BLOB   NOT NULL REFERENCES staff (id),
    wrapped  BLOB   NOT NULL,                       -- the area's identity, an age file to the member
    PRIMARY KEY (area, version, staff_id),
    FOREIGN KEY (area, version) REFERENCES area_key (area, version)
);

CREATE TABLE roster (
    version      BIGINT PRIMARY KEY NOT NULL CHECK (version > 0),
    hash         BLOB   NOT NULL UNIQUE,
    note         BLOB   NOT NULL,
    published_at BIGINT NOT NULL
);

CREATE TABLE staff_session (
    token_hash         BLOB   PRIMARY KEY NOT NULL,
    staff_id           BLOB   NOT NULL REFERENCES staff (id),
    created_at         BIGINT NOT NULL,
    seen_at            BIGINT NOT NULL,
    reauthenticated_at BIGINT NOT NULL
) WITHOUT ROWID;

-- Failed sign-ins, to slow guessing: by e-mail or by nothing at all; never by address.
CREATE TABLE sign_in_failure (
    subject      BLOB   PRIMARY KEY NOT NULL,       -- keyed hash of the normalized e-mail
    failures     BIGINT NOT NULL,
    last_at      BIGINT NOT NULL
);

-- Audit log -------------------------------------------------------------------------------------------------------------

CREATE TABLE audit_entry (
    id         BLOB   PRIMARY KEY NOT NULL,
    written    BIGINT NOT NULL,                     -- place in the queue: unix seconds << 20, and a count
    body       BLOB   NOT NULL,
    leaf_index BIGINT UNIQUE,                       -- null until sequenced
    case_id    BLOB
);

CREATE INDEX audit_entry_waiting ON audit_entry (written, id) WHERE leaf_index IS NULL;
CREATE INDEX audit_entry_by_case ON audit_entry (case_id, leaf_index) WHERE case_id IS NOT NULL;

CREATE TABLE audit_hash (
    position BIGINT PRIMARY KEY NOT NULL,           -- stored hash index of C2SP tlog
    hash     BLOB   NOT NULL
);

CREATE TABLE checkpoint (
    tree_size BIGINT PRIMARY KEY NOT NULL,
    note      BLOB   NOT NULL,
    cosigned  BOOLEAN NOT NULL CHECK (cosigned IN (FALSE, TRUE)),
    made_at   BIGINT NOT NULL
);

-- Cases ---------------------------------------------------------------------------------------------------------------

CREATE TABLE cases (
    id                  BLOB   PRIMARY KEY NOT NULL,
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
    unread_for_area     BOOLEAN NOT NULL CHECK (unread_for_area IN (FALSE, TRUE)),
    lookup_hash         BLOB   NOT NULL UNIQUE,
    reporter_recipient  TEXT   NOT NULL,
    reporter_verify_key BLOB   NOT NULL,
    sort_key            BLOB   NOT NULL UNIQUE       -- random: breaks ties within a day without telling the order
) WITHOUT ROWID;

CREATE INDEX cases_by_area ON cases (area, received_on DESC, sort_key DESC);
CREATE INDEX cases_overdue ON cases (area, resolve_by) WHERE state NOT IN ('resolved', 'closed');

CREATE TABLE case_key (
    case_id     BLOB   NOT NULL REFERENCES cases (id),
    name        TEXT   NOT NULL CHECK (name IN ('shared', 'staff')),
    version     BIGINT NOT NULL CHECK (version > 0),
    holder      TEXT   NOT NULL CHECK (holder IN ('area', 'reporter')),
    recipient   TEXT   NOT NULL,                    -- to whom the age file opens
    file        BLOB   NOT NULL,
    PRIMARY KEY (case_id, name, version, holder)
) WITHOUT ROWID;

CREATE TABLE record (
    id       BLOB   PRIMARY KEY NOT NULL,
    case_id  BLOB   NOT NULL REFERENCES cases (id),
    position BIGINT NOT NULL,                       -- 1, 2, 3 … within the case
    kind     TEXT   NOT NULL CHECK (kind IN ('narrative', 'shared-fields', 'message', 'note', 'reason')),
    author   TEXT   NOT NULL,                       -- 'reporter' or 'staff:<uuid>', as the sealed envelope also says
    day      BIGINT NOT NULL,
    at       BIGINT,                                -- staff only: to the second
    body     BLOB   NOT NULL,
    UNIQUE (case_id, position)
) WITHOUT ROWID;

CREATE TABLE seal (
    id                 BLOB   PRIMARY KEY NOT NULL,
    case_id            BLOB   NOT NULL REFERENCES cases (id),
    version            BIGINT NOT NULL CHECK (version > 0),
    manifest           BLOB   NOT NULL,
    manifest_hash      BLOB   NOT NULL UNIQUE,
    manifest_signature BLOB   NOT NULL,
    record             BLOB   NOT NULL,
    witness_half       BLOB   NOT NULL,
    covered_by         BLOB   REFERENCES audit_entry (id),   -- null until its manifest is in the log
    UNIQUE (case_id, version)
) WITHOUT ROWID;

CREATE INDEX seal_uncovered ON seal (id) WHERE covered_by IS NULL;

CREATE TABLE share (
    seal_id    BLOB   NOT NULL REFERENCES seal (id),
    officer_id BLOB   NOT NULL,
    x          BIGINT NOT NULL CHECK (x BETWEEN 1 AND 255),
    file       BLOB   NOT NULL,
    PRIMARY KEY (seal_id, officer_id)
) WITHOUT ROWID;

-- A state's history: what was decided, by whom; the reason is the sealed record.
CREATE TABLE case_event (
    id        BLOB   PRIMARY KEY NOT NULL,          -- the audit entry that tells it
    case_id   BLOB   NOT NULL REFERENCES cases (id),
    at        BIGINT NOT NULL,
    staff_id  BLOB   REFERENCES staff (id),
    what      TEXT   NOT NULL CHECK (what IN ('state', 'validation_requested', 'verdict')),
    old_value TEXT,
    new_value TEXT,
    record_id BLOB   REFERENCES record (id)
);

CREATE INDEX case_event_by_case ON case_event (case_id, at);

-- The officers' desk ---------------------------------------------------------------------------------------------------

CREATE TABLE validation_request (
    id           BLOB   PRIMARY KEY NOT NULL,
    case_id      BLOB   NOT NULL REFERENCES cases (id),
    requested_by BLOB   NOT NULL REFERENCES staff (id),
    requested_at BIGINT NOT NULL,
    letter       BLOB   NOT NULL,                   -- to the desk
    state        TEXT   NOT NULL CHECK (state IN ('open', 'done'))
);

CREATE UNIQUE INDEX validation_request_open ON validation_request (case_id) WHERE state = 'open';

CREATE TABLE unseal (
    id              BLOB   PRIMARY KEY NOT NULL,
    case_id         BLOB   NOT NULL REFERENCES cases (id),
    seal_id         BLOB   REFERENCES seal (id) ON DELETE SET NULL,   -- null once the identity is erased
    officer_id      BLOB   NOT NULL REFERENCES staff (id),
    class           TEXT   NOT NULL,
    request         BLOB   NOT NULL,
    request_hash    BLOB   NOT NULL UNIQUE,
    signature       BLOB   NOT NULL,
    witness_letter  BLOB   NOT NULL,                -- the purpose, sealed to the witness
    entry_id        BLOB   NOT NULL UNIQUE REFERENCES audit_entry (id),
    requested_at    BIGINT NOT NULL,
    state           TEXT   NOT NULL CHECK (state IN ('requested', 'released', 'refused')),
    verdict         TEXT   CHECK (verdict IN ('valid', 'mismatch', 'unreachable')),
    checks          BLOB,                           -- letter to the desk
    decided_at      BIGINT
);

CREATE INDEX unseal_by_case ON unseal (case_id, requested_at);

CREATE TABLE letter (
    id        BLOB   NOT NULL,
    case_id   BLOB   NOT NULL REFERENCES cases (id),
    kind      TEXT   NOT NULL CHECK (kind IN ('purpose')),
    to_staff  BLOB   NOT NULL REFERENCES staff (id),
    entry_id  BLOB   NOT NULL REFERENCES audit_entry (id),
    file      BLOB   NOT NULL,
    PRIMARY KEY (id, to_staff)
);

CREATE INDEX letter_by_entry ON letter (entry_id);

-- What a visitor's cookie opens -----------------------------------------------------------------------------------------

CREATE TABLE draft (
    token_hash BLOB   PRIMARY KEY NOT NULL,
    body       BLOB   NOT NULL,                     -- sealed under the cookie's key
    revision   BIGINT NOT NULL,
    expires_at BIGINT NOT NULL CHECK (expires_at % 3600 = 0)   -- rounded up to the hour
) WITHOUT ROWID;

-- After submission: the receipt under the cookie's key, until it is saved or 30 minutes have passed.
CREATE TABLE receipt_shown (
    token_hash BLOB   PRIMARY KEY NOT NULL,
    body       BLOB   NOT NULL,
    expires_at BIGINT NOT NULL CHECK (expires_at % 600 = 0)    -- rounded up to ten minutes
) WITHOUT ROWID;

CREATE TABLE follow_up_session (
    token_hash BLOB   PRIMARY KEY NOT NULL,
    case_id    BLOB   NOT NULL REFERENCES cases (id),
    keys       BLOB   NOT NULL,                     -- shared key and signing key under the cookie's key
    language   TEXT   NOT NULL,
    expires_at BIGINT NOT NULL CHECK (expires_at % 600 = 0)    -- rounded up to ten minutes
) WITHOUT ROWID;
