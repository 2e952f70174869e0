-- The whole schema, for PostgreSQL.
--
-- The other dialect has the same tables and columns in the same order; a test compares them.
-- Conventions:
-- - Ids are version 4 UUIDs.
-- - Times (`…_at`, `at`) are unix seconds; days (`…_on`, `day`) are days since 1970-01-01.
-- - What reporters do is stored by the day, or rounded up, so that no row tells the second of an act.
-- - A letter is text that its author's browser sealed to members of staff.
-- - A code of the profile is one that the installation's profile defines.
-- - A `mac` covers its table and all other columns, under a key of the key file. A row with a wrong one counts as absent.

-- The installation. It has one row.
CREATE TABLE instance (
    only_row   BIGINT PRIMARY KEY NOT NULL CHECK (only_row = 1),
    id         UUID   NOT NULL,
    created_at BIGINT NOT NULL
);

-- Staff and their keys ------------------------------------------------------------------------------------------------

CREATE TABLE staff (
    id            UUID   PRIMARY KEY NOT NULL,
    email         TEXT   NOT NULL UNIQUE,  -- normalized: trimmed, lower case, NFC
    name          TEXT   NOT NULL,
    role          TEXT   NOT NULL CHECK (role IN ('analyst', 'officer', 'auditor', 'administrator', 'clerk')),
    language      TEXT   NOT NULL,
    state         TEXT   NOT NULL CHECK (state IN ('active', 'left')),
    login_check   BYTEA  NOT NULL,  -- HMAC under the pepper, for this member and version
    login_version BIGINT NOT NULL CHECK (login_version > 0),  -- grows with each password
    sealed_blob   BYTEA  NOT NULL,  -- the member's key blob, sealed again under the pepper
    recipient     TEXT   NOT NULL UNIQUE,  -- public age key
    verify_key    BYTEA  NOT NULL UNIQUE,  -- public Ed25519 key
    created_at    BIGINT NOT NULL,
    digest        TEXT   NOT NULL DEFAULT 'never' CHECK (digest IN ('never', 'daily', 'weekly')),  -- summary by e-mail
    digest_on     BIGINT,  -- day of the last summary
    signed_in_on  BIGINT,  -- day of the last sign-in
    mac           BYTEA  NOT NULL
);

-- The public key of an area. A rotation makes a new version.
CREATE TABLE area_key (
    area       TEXT   NOT NULL,
    version    BIGINT NOT NULL CHECK (version > 0),
    recipient  TEXT   NOT NULL UNIQUE,
    -- A second recipient of everything for the area, kept offline.
    reserve    TEXT   UNIQUE,
    maker      UUID   NOT NULL REFERENCES staff (id),
    maker_key  BYTEA  NOT NULL,
    signature  BYTEA  NOT NULL,  -- of the maker
    created_at BIGINT NOT NULL,
    PRIMARY KEY (area, version)
);

-- The private key of an area, once for each member, sealed to the member.
CREATE TABLE area_member (
    area      TEXT   NOT NULL,
    version   BIGINT NOT NULL,
    staff_id  UUID   NOT NULL REFERENCES staff (id),
    wrapped   BYTEA  NOT NULL,  -- an age file
    wrapper   UUID   NOT NULL REFERENCES staff (id),
    signature BYTEA  NOT NULL,  -- of the wrapper
    PRIMARY KEY (area, version, staff_id),
    FOREIGN KEY (area, version) REFERENCES area_key (area, version)
);

-- Signed lists of staff and their keys; the newest version is in force.
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
    reauthenticated_at BIGINT NOT NULL,
    mac                BYTEA  NOT NULL
);

-- Failed sign-ins, which slow down guessing. They are counted by e-mail, never by IP address.
CREATE TABLE sign_in_failure (
    subject  BYTEA  PRIMARY KEY NOT NULL,  -- keyed hash of the normalized e-mail
    failures BIGINT NOT NULL,
    last_at  BIGINT NOT NULL
);

-- Audit log -----------------------------------------------------------------------------------------------------------

-- Entries of the audit log. `act`, `actor` and `at` repeat the body for filters; `sigilo audit verify` compares them.
CREATE TABLE audit_entry (
    id         UUID   PRIMARY KEY NOT NULL,
    written    BIGINT NOT NULL,  -- position in the queue: unix seconds << 20, plus a counter
    body       BYTEA  NOT NULL,
    leaf_index BIGINT UNIQUE,  -- null until the entry is sequenced
    case_id    UUID,
    act        TEXT   NOT NULL DEFAULT '',
    actor      TEXT   NOT NULL DEFAULT '',
    at         BIGINT NOT NULL DEFAULT 0,
    mac        BYTEA  -- null once the entry is sequenced
);

CREATE INDEX audit_entry_waiting ON audit_entry (written, id) WHERE leaf_index IS NULL;
-- Each filter of the auditor's list has an index, so that a page costs the same in a log of a million entries.
CREATE INDEX audit_entry_by_case ON audit_entry (case_id, leaf_index) WHERE case_id IS NOT NULL;
CREATE INDEX audit_entry_by_time ON audit_entry (at, leaf_index) WHERE leaf_index IS NOT NULL;
CREATE INDEX audit_entry_by_act ON audit_entry (act, at, leaf_index) WHERE leaf_index IS NOT NULL;
CREATE INDEX audit_entry_by_actor ON audit_entry (actor, at, leaf_index) WHERE leaf_index IS NOT NULL;
CREATE INDEX audit_entry_by_actor_and_act ON audit_entry (actor, act, at, leaf_index) WHERE leaf_index IS NOT NULL;

-- Hashes of the Merkle tree.
CREATE TABLE audit_hash (
    position BIGINT PRIMARY KEY NOT NULL,  -- stored hash index of C2SP tlog
    hash     BYTEA  NOT NULL
);

-- Signed heads of the tree; `cosigned` when the witness has countersigned.
CREATE TABLE checkpoint (
    tree_size BIGINT  PRIMARY KEY NOT NULL,
    note      BYTEA   NOT NULL,
    cosigned  BOOLEAN NOT NULL,
    made_at   BIGINT  NOT NULL
);

-- Verifications of the whole log that an auditor started on the page.
CREATE TABLE log_verification (
    id          UUID   PRIMARY KEY NOT NULL,
    asked_by    UUID   NOT NULL REFERENCES staff (id),
    started_at  BIGINT NOT NULL,
    alive_until BIGINT NOT NULL,  -- heartbeat: without a newer one by then, the run was interrupted
    finished_at BIGINT,
    tree_size   BIGINT NOT NULL,
    checked     BIGINT NOT NULL,  -- entries so far
    outcome     TEXT   NOT NULL CHECK (outcome IN ('running', 'good', 'bad', 'failed')),
    witnessed   BIGINT,  -- good: entries under a countersigned checkpoint
    bad_entry   BIGINT,  -- bad: the first bad entry, or the one that a row disagrees with
    bad_row     TEXT,  -- bad: table and key of the first row that is not what the log says
    what        TEXT  -- code of the fault
);

CREATE INDEX log_verification_by_start ON log_verification (started_at, id);

-- Cases ---------------------------------------------------------------------------------------------------------------

CREATE TABLE cases (
    id                  UUID    PRIMARY KEY NOT NULL,
    number              TEXT    NOT NULL UNIQUE,
    kind                TEXT    NOT NULL CHECK (kind IN ('queja', 'denuncia')),
    category            TEXT    NOT NULL,
    province            TEXT,
    establishment       TEXT,
    channel             TEXT    NOT NULL CHECK (channel IN ('web', 'whatsapp', 'desk')),
    sealed_by           TEXT    NOT NULL CHECK (sealed_by IN ('server', 'browser')),
    language            TEXT    NOT NULL,
    received_on         BIGINT  NOT NULL,
    area                TEXT    NOT NULL,
    state               TEXT    NOT NULL CHECK (state IN ('received', 'in_review', 'waiting_for_reporter', 'resolved', 'closed')),
    respond_by          BIGINT  NOT NULL,  -- day: deadline of the first personal message
    resolve_by          BIGINT  NOT NULL,  -- day: deadline of the resolution
    responded_on        BIGINT,  -- day of the first personal message
    closed_on           BIGINT,  -- retention counts from this day
    verdict             TEXT    CHECK (verdict IN ('valid', 'mismatch', 'unreachable')),
    unread_for_area     BOOLEAN NOT NULL,
    lookup_hash         BYTEA   NOT NULL UNIQUE,  -- derived from the words of the receipt
    reporter_recipient  TEXT    NOT NULL,
    reporter_verify_key BYTEA   NOT NULL,
    sort_key            BYTEA   NOT NULL UNIQUE,  -- random: orders cases within a day without telling when they came
    due_by              BIGINT  -- day: the next deadline (`domain::deadline::due_by`); null once the case is resolved
);

-- Indexes of the inbox: one for each filter that may match few cases, in the order of the page. Each holds every column
-- that is filtered by, and the id, so that a scan never reads the row itself.
CREATE INDEX cases_received ON cases
    (area, received_on, sort_key, kind, category, province, establishment, channel, state, verdict, unread_for_area, due_by,
     id);
CREATE INDEX cases_received_by_state ON cases
    (area, state, received_on, sort_key, kind, category, province, establishment, channel, verdict, unread_for_area, due_by,
     id);
CREATE INDEX cases_received_by_category ON cases
    (area, category, received_on, sort_key, kind, province, establishment, channel, state, verdict, unread_for_area, due_by,
     id);
CREATE INDEX cases_received_by_province ON cases
    (area, province, received_on, sort_key, kind, category, establishment, channel, state, verdict, unread_for_area, due_by,
     id)
    WHERE province IS NOT NULL;
CREATE INDEX cases_received_by_establishment ON cases
    (area, establishment, received_on, sort_key, kind, category, province, channel, state, verdict, unread_for_area, due_by,
     id)
    WHERE establishment IS NOT NULL;
CREATE INDEX cases_received_by_verdict ON cases
    (area, verdict, received_on, sort_key, kind, category, province, establishment, channel, state, unread_for_area, due_by,
     id)
    WHERE verdict IS NOT NULL;
CREATE INDEX cases_received_unread ON cases
    (area, unread_for_area, received_on, sort_key, kind, category, province, establishment, channel, state, verdict, due_by, id)
    WHERE unread_for_area = TRUE;
CREATE INDEX cases_due ON cases
    (area, due_by, sort_key, kind, category, province, establishment, channel, state, verdict, unread_for_area, id)
    WHERE due_by IS NOT NULL;
CREATE INDEX cases_due_by_category ON cases
    (area, category, due_by, sort_key, kind, province, establishment, channel, state, verdict, unread_for_area, id)
    WHERE due_by IS NOT NULL;
CREATE INDEX cases_due_by_province ON cases
    (area, province, due_by, sort_key, kind, category, establishment, channel, state, verdict, unread_for_area, id)
    WHERE due_by IS NOT NULL AND province IS NOT NULL;
CREATE INDEX cases_due_by_establishment ON cases
    (area, establishment, due_by, sort_key, kind, category, province, channel, state, verdict, unread_for_area, id)
    WHERE due_by IS NOT NULL AND establishment IS NOT NULL;

-- The symmetric keys of a case, sealed to those who may hold them.
CREATE TABLE case_key (
    case_id   UUID   NOT NULL REFERENCES cases (id),
    name      TEXT   NOT NULL CHECK (name IN ('shared', 'staff')),
    version   BIGINT NOT NULL CHECK (version > 0),
    holder    TEXT   NOT NULL CHECK (holder IN ('area', 'reporter')),
    recipient TEXT   NOT NULL,  -- the public key that the age file is sealed to
    file      BYTEA  NOT NULL,
    PRIMARY KEY (case_id, name, version, holder)
);

-- The reporter's signed statement of a case's keys and facets.
CREATE TABLE case_statement (
    case_id    UUID   NOT NULL REFERENCES cases (id),
    version    BIGINT NOT NULL CHECK (version > 0),
    statement  BYTEA  NOT NULL,
    hash       BYTEA  NOT NULL UNIQUE,
    signature  BYTEA  NOT NULL,
    covered_by UUID   REFERENCES audit_entry (id),  -- null until it is in the log
    PRIMARY KEY (case_id, version)
);

CREATE INDEX case_statement_uncovered ON case_statement (hash) WHERE covered_by IS NULL;

-- The sealed texts of a case.
CREATE TABLE record (
    id       UUID   PRIMARY KEY NOT NULL,
    case_id  UUID   NOT NULL REFERENCES cases (id),
    position BIGINT NOT NULL,  -- 1, 2, 3 … within the case
    kind     TEXT   NOT NULL CHECK (kind IN ('narrative', 'shared-fields', 'message', 'note', 'reason')),
    author   TEXT   NOT NULL,  -- 'reporter' or 'staff:<uuid>'; the sealed envelope says the same
    day      BIGINT NOT NULL,
    at       BIGINT,  -- staff only: to the second
    body     BYTEA  NOT NULL,
    UNIQUE (case_id, position)
);

-- Attached files. The content lies sealed in the blob store, under the row's id.
-- A row exists before its blob and after it, so that no blob is ever without a row.
CREATE TABLE attachment (
    id          UUID   PRIMARY KEY NOT NULL,  -- also the id of the sealed record and the blob's name
    state       TEXT   NOT NULL CHECK (state IN ('arriving', 'waiting', 'kept', 'deleting')),  -- deleting: the sweep deletes blob and row
    owner       BYTEA,  -- token hash of the visitor who may still submit or remove it
    expires_at  BIGINT,  -- rounded up; swept then unless kept
    stored_size BIGINT NOT NULL CHECK (stored_size >= 0),
    body        BYTEA,  -- waiting: sealed under the visitor's cookie; kept: the sealed record
    case_id     UUID   REFERENCES cases (id),
    position    BIGINT,  -- 1, 2, 3 … within the case
    author      TEXT,  -- 'reporter' or 'staff:<uuid>'; the sealed envelope says the same
    day         BIGINT,
    at          BIGINT,  -- staff only: to the second
    CHECK (expires_at IS NULL OR expires_at % 600 = 0),
    CHECK ((state = 'kept') = (case_id IS NOT NULL)),
    CHECK (state <> 'kept' OR (body IS NOT NULL AND position IS NOT NULL AND author IS NOT NULL AND day IS NOT NULL)),
    UNIQUE (case_id, position)
);

CREATE INDEX attachment_by_owner ON attachment (owner) WHERE owner IS NOT NULL;
CREATE INDEX attachment_unkept ON attachment (state, expires_at) WHERE state <> 'kept';

-- The sealed identity of a reporter; a correction makes a new version.
-- After erasure, record, witness half and shares are gone. The manifest, which holds nothing of the identity, stays:
-- the area's browsers know the key of the case's reporter by it.
CREATE TABLE seal (
    id                 UUID    PRIMARY KEY NOT NULL,
    case_id            UUID    NOT NULL REFERENCES cases (id),
    version            BIGINT  NOT NULL CHECK (version > 0),
    manifest           BYTEA   NOT NULL,
    manifest_hash      BYTEA   NOT NULL UNIQUE,
    manifest_signature BYTEA   NOT NULL,
    record             BYTEA   NOT NULL,
    witness_half       BYTEA   NOT NULL,
    covered_by         UUID    REFERENCES audit_entry (id),  -- null until its manifest is in the log
    erased             BOOLEAN NOT NULL DEFAULT FALSE CHECK (erased IN (FALSE, TRUE)),
    UNIQUE (case_id, version)
);

CREATE INDEX seal_uncovered ON seal (id) WHERE covered_by IS NULL;

-- The officers' shares of a seal's key.
CREATE TABLE share (
    seal_id    UUID   NOT NULL REFERENCES seal (id),
    officer_id UUID   NOT NULL,
    x          BIGINT NOT NULL CHECK (x BETWEEN 1 AND 255),
    file       BYTEA  NOT NULL,
    PRIMARY KEY (seal_id, officer_id)
);

-- The history of a case: each decision, and who made it. The reason is a sealed record.
CREATE TABLE case_event (
    id        UUID   PRIMARY KEY NOT NULL,  -- id of the audit entry for the same act
    case_id   UUID   NOT NULL REFERENCES cases (id),
    at        BIGINT NOT NULL,
    staff_id  UUID   REFERENCES staff (id),
    what      TEXT   NOT NULL CHECK (what IN ('state', 'validation_requested', 'verdict')),
    old_value TEXT,
    new_value TEXT,
    record_id UUID   REFERENCES record (id)
);

CREATE INDEX case_event_by_case ON case_event (case_id, at);

-- Text that a member has typed and not sent, sealed by the browser to the member.
CREATE TABLE staff_draft (
    staff_id UUID   NOT NULL REFERENCES staff (id),
    case_id  UUID   NOT NULL REFERENCES cases (id),
    field    TEXT   NOT NULL CHECK (field IN ('message', 'note', 'reason', 'validation-request', 'purpose', 'checks')),
    body     BYTEA  NOT NULL,
    at       BIGINT NOT NULL,
    PRIMARY KEY (staff_id, case_id, field)
);

CREATE INDEX staff_draft_by_case ON staff_draft (case_id);

-- Members who declared a conflict of interest and work on the case no more.
CREATE TABLE recusal (
    id       UUID   PRIMARY KEY NOT NULL,  -- also the letter's id
    case_id  UUID   NOT NULL REFERENCES cases (id),
    staff_id UUID   NOT NULL REFERENCES staff (id),
    area     TEXT   NOT NULL,  -- its members open the letter
    letter   BYTEA  NOT NULL,  -- the reason
    entry_id UUID   NOT NULL UNIQUE REFERENCES audit_entry (id),
    at       BIGINT NOT NULL,
    UNIQUE (case_id, staff_id)
);

CREATE INDEX recusal_by_staff ON recusal (staff_id, case_id);

-- The officers' desk --------------------------------------------------------------------------------------------------

-- Requests of an area that the officers validate the identity of a reporter.
CREATE TABLE validation_request (
    id           UUID   PRIMARY KEY NOT NULL,
    case_id      UUID   NOT NULL REFERENCES cases (id),
    requested_by UUID   NOT NULL REFERENCES staff (id),
    requested_at BIGINT NOT NULL,
    letter       BYTEA  NOT NULL,  -- to the desk
    state        TEXT   NOT NULL CHECK (state IN ('open', 'done'))
);

CREATE UNIQUE INDEX validation_request_open ON validation_request (case_id) WHERE state = 'open';

-- Requests of officers to open an identity.
CREATE TABLE unseal (
    id             UUID   PRIMARY KEY NOT NULL,
    case_id        UUID   NOT NULL REFERENCES cases (id),
    seal_id        UUID   REFERENCES seal (id) ON DELETE SET NULL,  -- null once the identity is erased
    officer_id     UUID   NOT NULL REFERENCES staff (id),
    class          TEXT   NOT NULL,
    request        BYTEA  NOT NULL,
    request_hash   BYTEA  NOT NULL UNIQUE,
    signature      BYTEA  NOT NULL,
    witness_letter BYTEA  NOT NULL,  -- the purpose, sealed to the witness
    entry_id       UUID   NOT NULL UNIQUE REFERENCES audit_entry (id),
    requested_at   BIGINT NOT NULL,
    state          TEXT   NOT NULL CHECK (state IN ('requested', 'released', 'refused')),
    verdict        TEXT   CHECK (verdict IN ('valid', 'mismatch', 'unreachable')),
    checks         BYTEA,  -- letter to the desk
    decided_at     BIGINT
);

CREATE INDEX unseal_by_case ON unseal (case_id, requested_at);

-- The purpose of an unseal request, once for each recipient.
CREATE TABLE letter (
    id       UUID  NOT NULL,
    case_id  UUID  NOT NULL REFERENCES cases (id),
    kind     TEXT  NOT NULL CHECK (kind IN ('purpose')),
    to_staff UUID  NOT NULL REFERENCES staff (id),
    entry_id UUID  NOT NULL REFERENCES audit_entry (id),
    file     BYTEA NOT NULL,
    PRIMARY KEY (id, to_staff)
);

CREATE INDEX letter_by_entry ON letter (entry_id);

-- Checks of an identity by officers, in classes only.
CREATE TABLE checking (
    id         UUID   PRIMARY KEY NOT NULL,  -- also the letter id of its note
    case_id    UUID   NOT NULL REFERENCES cases (id),
    unseal_id  UUID   NOT NULL REFERENCES unseal (id),
    officer_id UUID   NOT NULL REFERENCES staff (id),
    what       TEXT   NOT NULL,  -- code of the profile
    outcome    TEXT   NOT NULL CHECK (outcome IN ('matches', 'differs', 'unknown', 'reached', 'no_answer', 'wrong_number', 'refuses')),
    made_at    BIGINT NOT NULL CHECK (made_at % 60 = 0),  -- to the minute
    noted_at   BIGINT NOT NULL,
    note       BYTEA  -- letter to the desk
);

CREATE INDEX checking_by_case ON checking (case_id, made_at);

-- Requests of reporters about their own personal data.
CREATE TABLE identity_request (
    id         UUID   PRIMARY KEY NOT NULL,
    case_id    UUID   NOT NULL REFERENCES cases (id),
    kind       TEXT   NOT NULL CHECK (kind IN ('correction', 'erasure')),
    asked_on   BIGINT NOT NULL,
    version    BIGINT,  -- correction: the version of the seal that it made
    state      TEXT   NOT NULL CHECK (state IN ('open', 'done', 'refused')),
    officer_id UUID   REFERENCES staff (id),  -- the officer who decided
    reason     TEXT,  -- of the decision: code of the profile
    decided_at BIGINT,
    CHECK ((kind = 'correction') = (version IS NOT NULL))
);

-- At most one of each kind is open for a case.
CREATE UNIQUE INDEX identity_request_open ON identity_request (case_id, kind) WHERE state = 'open';
CREATE INDEX identity_request_waiting ON identity_request (asked_on, id) WHERE state = 'open';
CREATE INDEX identity_request_by_case ON identity_request (case_id, asked_on);

-- Visitors' sessions --------------------------------------------------------------------------------------------------
-- Each body is sealed under a key that only the visitor's cookie gives.

-- A report that is being written.
CREATE TABLE draft (
    token_hash BYTEA  PRIMARY KEY NOT NULL,
    body       BYTEA  NOT NULL,
    revision   BIGINT NOT NULL,
    expires_at BIGINT NOT NULL CHECK (expires_at % 3600 = 0),  -- rounded up to the hour
    mac        BYTEA  NOT NULL
);

-- The receipt after submission, until it is saved or 30 minutes have passed.
CREATE TABLE receipt_shown (
    token_hash BYTEA  PRIMARY KEY NOT NULL,
    body       BYTEA  NOT NULL,
    expires_at BIGINT NOT NULL CHECK (expires_at % 600 = 0),  -- rounded up to ten minutes
    mac        BYTEA  NOT NULL
);

-- A reporter who has come back with the receipt.
CREATE TABLE follow_up_session (
    token_hash BYTEA  PRIMARY KEY NOT NULL,
    case_id    UUID   NOT NULL REFERENCES cases (id),
    keys       BYTEA  NOT NULL,  -- shared key and signing key
    language   TEXT   NOT NULL,
    expires_at BIGINT NOT NULL CHECK (expires_at % 600 = 0),  -- rounded up to ten minutes
    mac        BYTEA  NOT NULL
);

-- Channels ------------------------------------------------------------------------------------------------------------
-- Messages in transit are sealed under keys that are made anew each day and destroyed, and deleted when they are
-- processed. Senders and messages are known by keyed hashes only.

-- Leases: where several processes serve one database, only the holder does a task.
CREATE TABLE lease (
    name   TEXT   PRIMARY KEY NOT NULL,
    holder BYTEA  NOT NULL,
    until  BIGINT NOT NULL
);

-- The keys of a day.
CREATE TABLE transit_key (
    purpose TEXT   NOT NULL CHECK (purpose IN ('conversation', 'deduplication')),
    day     BIGINT NOT NULL,
    sealed  BYTEA  NOT NULL,  -- under the transit key of the key file
    PRIMARY KEY (purpose, day)
);

-- Inbound notifications of Meta, until they are processed.
CREATE TABLE whatsapp_notification (
    id    UUID   PRIMARY KEY NOT NULL,
    place BIGINT NOT NULL,  -- order of arrival
    day   BIGINT NOT NULL,  -- of the transit key
    body  BYTEA  NOT NULL
);

CREATE INDEX whatsapp_notification_by_place ON whatsapp_notification (place, id);

-- Messages that were processed, so that a repeated delivery counts once.
CREATE TABLE whatsapp_seen (
    message BYTEA  PRIMARY KEY NOT NULL,  -- keyed hash of the message's id
    day     BIGINT NOT NULL
);

-- The state of a conversation.
CREATE TABLE whatsapp_conversation (
    person     BYTEA  PRIMARY KEY NOT NULL,  -- keyed hash of the number or user id
    day        BIGINT NOT NULL,  -- of the transit key
    body       BYTEA  NOT NULL,
    revision   BIGINT NOT NULL,
    expires_at BIGINT NOT NULL CHECK (expires_at % 3600 = 0)  -- rounded up to the hour
);

-- Outbound messages, written in the transaction that they answer, until Meta has accepted them.
CREATE TABLE whatsapp_outgoing (
    id       UUID    PRIMARY KEY NOT NULL,
    person   BYTEA   NOT NULL,
    place    BIGINT  NOT NULL,  -- order in which they were written
    day      BIGINT  NOT NULL,  -- of the transit key
    body     BYTEA   NOT NULL,
    prompt   BOOLEAN NOT NULL CHECK (prompt IN (FALSE, TRUE)),  -- true: a later prompt replaces it
    attempts BIGINT  NOT NULL,
    next_at  BIGINT  NOT NULL
);

CREATE INDEX whatsapp_outgoing_by_place ON whatsapp_outgoing (place, id);
CREATE INDEX whatsapp_outgoing_by_person ON whatsapp_outgoing (person, place);

-- Addresses of reporters who want to be notified: an age file to the notifier, apart from everything else.
CREATE TABLE contact (
    case_id UUID  NOT NULL REFERENCES cases (id),
    channel TEXT  NOT NULL CHECK (channel IN ('email', 'whatsapp')),
    file    BYTEA NOT NULL,
    PRIMARY KEY (case_id, channel)
);

-- Notices to send, written in the transaction that they tell of: to a case's reporter, or to staff.
CREATE TABLE notice (
    id       UUID   PRIMARY KEY NOT NULL,
    channel  TEXT   NOT NULL CHECK (channel IN ('email', 'whatsapp')),
    what     TEXT   NOT NULL CHECK (what IN ('number', 'news', 'digest')),
    case_id  UUID   REFERENCES cases (id),
    staff_id UUID   REFERENCES staff (id),
    attempts BIGINT NOT NULL,
    next_at  BIGINT NOT NULL,
    CHECK ((case_id IS NULL) <> (staff_id IS NULL)),
    CHECK ((what = 'digest') = (staff_id IS NOT NULL))
);

CREATE INDEX notice_due ON notice (channel, next_at);
CREATE UNIQUE INDEX notice_of_case ON notice (case_id, channel, what) WHERE case_id IS NOT NULL;
CREATE UNIQUE INDEX notice_of_staff ON notice (staff_id) WHERE staff_id IS NOT NULL;
