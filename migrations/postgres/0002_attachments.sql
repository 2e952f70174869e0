-- Files of cases. What they hold lies sealed beside the database, each under the name of its row's id.
-- A row comes before its file and goes after it, so that no file is ever without a row.

CREATE TABLE attachment (
    id          UUID   PRIMARY KEY NOT NULL,         -- also the record's id and the stored file's name
    state       TEXT   NOT NULL CHECK (state IN ('arriving', 'waiting', 'kept', 'doomed')),
    owner       BYTEA,                               -- token hash of whoever may still submit or remove it
    expires_at  BIGINT,                              -- rounded up, so that it tells no second: when it is swept unless kept
    stored_size BIGINT NOT NULL CHECK (stored_size >= 0),
    body        BYTEA,                               -- waiting: under the owner's cookie; kept: the sealed record
    case_id     UUID   REFERENCES cases (id),
    position    BIGINT,                              -- 1, 2, 3 … within the case
    author      TEXT,                                -- 'reporter' or 'staff:<uuid>', as the sealed envelope also says
    day         BIGINT,
    at          BIGINT,                              -- staff only: to the second
    CHECK (expires_at IS NULL OR expires_at % 600 = 0),
    CHECK ((state = 'kept') = (case_id IS NOT NULL)),
    CHECK (state <> 'kept' OR (body IS NOT NULL AND position IS NOT NULL AND author IS NOT NULL AND day IS NOT NULL)),
    UNIQUE (case_id, position)
);

CREATE INDEX attachment_by_owner ON attachment (owner) WHERE owner IS NOT NULL;
CREATE INDEX attachment_unkept ON attachment (state, expires_at) WHERE state <> 'kept';

-- The identity's time is over: record, witness's half and shares are gone. The manifest, which holds nothing of it, stays:
-- by its coverage the area's browsers know the key of the case's reporter.
ALTER TABLE seal ADD COLUMN erased BOOLEAN NOT NULL DEFAULT FALSE CHECK (erased IN (FALSE, TRUE));
