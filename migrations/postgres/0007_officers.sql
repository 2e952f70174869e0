-- The officers' desk: what was checked and whom officers tried to reach, in classes only; and what reporters ask about
-- their own personal data, to the day only.

CREATE TABLE checking (
    id         UUID   PRIMARY KEY NOT NULL,         -- also the letter id of its note
    case_id    UUID   NOT NULL REFERENCES cases (id),
    unseal_id  UUID   NOT NULL REFERENCES unseal (id),
    officer_id UUID   NOT NULL REFERENCES staff (id),
    what       TEXT   NOT NULL,                     -- a code of the profile
    outcome    TEXT   NOT NULL CHECK (outcome IN ('matches', 'differs', 'unknown', 'reached', 'no_answer', 'wrong_number', 'refuses')),
    made_at    BIGINT NOT NULL CHECK (made_at % 60 = 0),   -- to the minute
    noted_at   BIGINT NOT NULL,
    note       BYTEA                                -- letter to the desk
);

CREATE INDEX checking_by_case ON checking (case_id, made_at);

CREATE TABLE identity_request (
    id         UUID   PRIMARY KEY NOT NULL,
    case_id    UUID   NOT NULL REFERENCES cases (id),
    kind       TEXT   NOT NULL CHECK (kind IN ('correction', 'erasure')),
    asked_on   BIGINT NOT NULL,                     -- day
    version    BIGINT,                              -- a correction: the version of the seal that it made
    state      TEXT   NOT NULL CHECK (state IN ('open', 'done', 'refused')),
    officer_id UUID   REFERENCES staff (id),        -- who decided
    reason     TEXT,                                -- of the decision, a code of the profile
    decided_at BIGINT,
    CHECK ((kind = 'correction') = (version IS NOT NULL))
);

-- One of each kind waits at most.
CREATE UNIQUE INDEX identity_request_open ON identity_request (case_id, kind) WHERE state = 'open';
CREATE INDEX identity_request_waiting ON identity_request (asked_on, id) WHERE state = 'open';
CREATE INDEX identity_request_by_case ON identity_request (case_id, asked_on);
