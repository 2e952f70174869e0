-- Members who work on a case no more, because they said so; and when a member last signed in.

CREATE TABLE recusal (
    id       UUID   PRIMARY KEY NOT NULL,           -- also the letter's
    case_id  UUID   NOT NULL REFERENCES cases (id),
    staff_id UUID   NOT NULL REFERENCES staff (id),
    area     TEXT   NOT NULL,                       -- whose members open the letter
    letter   BYTEA  NOT NULL,                       -- why
    entry_id UUID   NOT NULL UNIQUE REFERENCES audit_entry (id),
    at       BIGINT NOT NULL,
    UNIQUE (case_id, staff_id)
);

CREATE INDEX recusal_by_staff ON recusal (staff_id, case_id);

ALTER TABLE staff ADD COLUMN signed_in_on BIGINT;    -- day
