-- no-transaction
-- A further role: the clerk, who files for people at the counter or on the telephone and reads nothing afterwards.
-- SQLite cannot change a CHECK, so the table is made anew as its documentation prescribes (lang_altertable.html, section 7):
-- other tables refer to this one, so their checks are off meanwhile, which only works outside of a transaction.
-- The first line keeps the driver from opening one; the script's own makes the change whole or undone. Run once more, if
-- the program ends before it is noted as applied, it does the same again.

PRAGMA foreign_keys = OFF;

BEGIN IMMEDIATE;

CREATE TABLE staff_anew (
    id           BLOB   PRIMARY KEY NOT NULL,
    email        TEXT   NOT NULL UNIQUE,            -- normalized: trimmed, lower case, NFC
    name         TEXT   NOT NULL,
    role         TEXT   NOT NULL CHECK (role IN ('analyst', 'officer', 'auditor', 'administrator', 'clerk')),
    language     TEXT   NOT NULL,
    state        TEXT   NOT NULL CHECK (state IN ('active', 'left')),
    login_check  BLOB   NOT NULL,                   -- HMAC under the pepper
    sealed_blob  BLOB   NOT NULL,                   -- the key blob, sealed again under the pepper
    recipient    TEXT   NOT NULL UNIQUE,
    verify_key   BLOB   NOT NULL UNIQUE,
    created_at   BIGINT NOT NULL,
    digest       TEXT   NOT NULL DEFAULT 'never' CHECK (digest IN ('never', 'daily', 'weekly')),
    digest_on    BIGINT
);

INSERT INTO staff_anew (id, email, name, role, language, state, login_check, sealed_blob, recipient, verify_key, created_at,
                        digest, digest_on)
SELECT id, email, name, role, language, state, login_check, sealed_blob, recipient, verify_key, created_at,
       digest, digest_on
FROM staff;

DROP TABLE staff;

ALTER TABLE staff_anew RENAME TO staff;

-- Fails, and with it the whole script, if any reference points nowhere now.
CREATE TEMP TABLE broken_references (count BIGINT NOT NULL CHECK (count = 0));
INSERT INTO broken_references SELECT count(*) FROM pragma_foreign_key_check;
DROP TABLE broken_references;

COMMIT;

PRAGMA foreign_keys = ON;
