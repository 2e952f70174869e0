-- WhatsApp, and notices to people who wished for them. What lies here is on its way: sealed under keys that are made
-- anew each day and destroyed, and deleted when its work is done. Senders and messages are known by keyed hashes only.

-- Who does what only one process at a time may do, where several serve one database.
CREATE TABLE lease (
    name   TEXT   PRIMARY KEY NOT NULL,
    holder BLOB   NOT NULL,
    until  BIGINT NOT NULL
);

CREATE TABLE transit_key (
    purpose TEXT   NOT NULL CHECK (purpose IN ('talk', 'seen')),
    day     BIGINT NOT NULL,
    sealed  BLOB   NOT NULL,                         -- under the key file's transit key
    PRIMARY KEY (purpose, day)
) WITHOUT ROWID;

-- Notifications as they came, until they are worked off.
CREATE TABLE whatsapp_notification (
    id    BLOB   PRIMARY KEY NOT NULL,
    place BIGINT NOT NULL,                           -- order of arrival
    day   BIGINT NOT NULL,                           -- of the transit key
    body  BLOB   NOT NULL
) WITHOUT ROWID;

CREATE INDEX whatsapp_notification_by_place ON whatsapp_notification (place, id);

-- Each message counts once, however often it is delivered.
CREATE TABLE whatsapp_seen (
    message BLOB   PRIMARY KEY NOT NULL,             -- keyed hash of the message's id
    day     BIGINT NOT NULL
) WITHOUT ROWID;

CREATE TABLE whatsapp_talk (
    person     BLOB   PRIMARY KEY NOT NULL,          -- keyed hash of number or user id
    day        BIGINT NOT NULL,                      -- of the transit key
    body       BLOB   NOT NULL,
    revision   BIGINT NOT NULL,
    expires_at BIGINT NOT NULL CHECK (expires_at % 3600 = 0)   -- rounded up to the hour
) WITHOUT ROWID;

-- Messages to people, in the transaction of what they answer, until Meta has taken them.
CREATE TABLE whatsapp_outgoing (
    id       BLOB    PRIMARY KEY NOT NULL,
    person   BLOB    NOT NULL,
    place    BIGINT  NOT NULL,                       -- order in which they were said
    day      BIGINT  NOT NULL,                       -- of the transit key
    body     BLOB    NOT NULL,
    prompt   BOOLEAN NOT NULL CHECK (prompt IN (FALSE, TRUE)),   -- a later prompt takes its place
    attempts BIGINT  NOT NULL,
    next_at  BIGINT  NOT NULL
) WITHOUT ROWID;

CREATE INDEX whatsapp_outgoing_by_place ON whatsapp_outgoing (place, id);
CREATE INDEX whatsapp_outgoing_by_person ON whatsapp_outgoing (person, place);

-- Where somebody wants to be told that there is something new: an age file to the notifier, apart from all else.
CREATE TABLE contact (
    case_id BLOB NOT NULL REFERENCES cases (id),
    channel TEXT NOT NULL CHECK (channel IN ('email', 'whatsapp')),
    file    BLOB NOT NULL,
    PRIMARY KEY (case_id, channel)
) WITHOUT ROWID;

-- Notices that wait to be sent, written in the transaction of what they tell: to a case's reporter, or to staff.
CREATE TABLE notice (
    id       BLOB   PRIMARY KEY NOT NULL,
    channel  TEXT   NOT NULL CHECK (channel IN ('email', 'whatsapp')),
    what     TEXT   NOT NULL CHECK (what IN ('number', 'news', 'digest')),
    case_id  BLOB   REFERENCES cases (id),
    staff_id BLOB   REFERENCES staff (id),
    attempts BIGINT NOT NULL,
    next_at  BIGINT NOT NULL,
    CHECK ((case_id IS NULL) <> (staff_id IS NULL)),
    CHECK ((what = 'digest') = (staff_id IS NOT NULL))
) WITHOUT ROWID;

CREATE INDEX notice_due ON notice (channel, next_at);
CREATE UNIQUE INDEX notice_of_case ON notice (case_id, channel, what) WHERE case_id IS NOT NULL;
CREATE UNIQUE INDEX notice_of_staff ON notice (staff_id) WHERE staff_id IS NOT NULL;

-- How often a member wants a summary by e-mail, and when the last one was made.
ALTER TABLE staff ADD COLUMN digest TEXT NOT NULL DEFAULT 'never' CHECK (digest IN ('never', 'daily', 'weekly'));
ALTER TABLE staff ADD COLUMN digest_on BIGINT;
