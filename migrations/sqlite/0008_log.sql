-- What the auditor's list is narrowed by, as the entry's own bytes say it; `sigilo audit verify` holds the two together.
-- Each way to ask has its index, so that a page costs the same in a log of a million entries.

ALTER TABLE audit_entry ADD COLUMN act   TEXT   NOT NULL DEFAULT '';
ALTER TABLE audit_entry ADD COLUMN actor TEXT   NOT NULL DEFAULT '';
ALTER TABLE audit_entry ADD COLUMN at    BIGINT NOT NULL DEFAULT 0;   -- unix seconds

-- Bytes that do not read stay under no act: verification names them.
UPDATE audit_entry SET
    act   = coalesce(json_extract(CAST(body AS TEXT), '$.act'), ''),
    actor = coalesce(json_extract(CAST(body AS TEXT), '$.actor'), ''),
    at    = CAST(coalesce(json_extract(CAST(body AS TEXT), '$.time'), 0) AS INTEGER)
WHERE json_valid(CAST(body AS TEXT));

CREATE INDEX audit_entry_by_time ON audit_entry (at, leaf_index) WHERE leaf_index IS NOT NULL;
CREATE INDEX audit_entry_by_act ON audit_entry (act, at, leaf_index) WHERE leaf_index IS NOT NULL;
CREATE INDEX audit_entry_by_actor ON audit_entry (actor, at, leaf_index) WHERE leaf_index IS NOT NULL;
CREATE INDEX audit_entry_by_actor_and_act ON audit_entry (actor, act, at, leaf_index) WHERE leaf_index IS NOT NULL;

-- Verifications of the whole log that an auditor asked for on the page.
CREATE TABLE log_verification (
    id          BLOB   PRIMARY KEY NOT NULL,
    asked_by    BLOB   NOT NULL REFERENCES staff (id),
    started_at  BIGINT NOT NULL,
    alive_until BIGINT NOT NULL,                        -- no sign of life after that: it was broken off
    finished_at BIGINT,
    tree_size   BIGINT NOT NULL,
    checked     BIGINT NOT NULL,                        -- entries so far
    outcome     TEXT   NOT NULL CHECK (outcome IN ('running', 'good', 'bad', 'failed')),
    witnessed   BIGINT,                                 -- of a good one: entries under a countersigned checkpoint
    bad_entry   BIGINT,                                 -- of a bad one: the first bad entry; null: it is the journal
    what        TEXT                                    -- code of what is wrong
);

CREATE INDEX log_verification_by_start ON log_verification (started_at, id);
