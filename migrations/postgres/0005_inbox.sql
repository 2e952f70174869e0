-- The inbox of an analyst at a million cases: which deadline comes next, and for each filter that may find few cases an
-- index in the order of the page. Each holds all that is filtered by, so that what does not fit is passed over without
-- a look at the case itself.

-- The next deadline (`domain::deadline::due_by`); null once nobody has to work on the case.
ALTER TABLE cases ADD COLUMN due_by BIGINT;

UPDATE cases SET due_by = CASE WHEN responded_on IS NULL AND respond_by < resolve_by THEN respond_by ELSE resolve_by END
WHERE state NOT IN ('resolved', 'closed');

DROP INDEX cases_by_area;
DROP INDEX cases_overdue;

CREATE INDEX cases_received ON cases
    (area, received_on, sort_key, kind, category, province, establishment, channel, state, verdict, unread_for_area, due_by);
CREATE INDEX cases_received_by_state ON cases
    (area, state, received_on, sort_key, kind, category, province, establishment, channel, verdict, unread_for_area, due_by);
CREATE INDEX cases_received_by_category ON cases
    (area, category, received_on, sort_key, kind, province, establishment, channel, state, verdict, unread_for_area, due_by);
CREATE INDEX cases_received_by_province ON cases
    (area, province, received_on, sort_key, kind, category, establishment, channel, state, verdict, unread_for_area, due_by)
    WHERE province IS NOT NULL;
CREATE INDEX cases_received_by_establishment ON cases
    (area, establishment, received_on, sort_key, kind, category, province, channel, state, verdict, unread_for_area, due_by)
    WHERE establishment IS NOT NULL;
CREATE INDEX cases_received_by_verdict ON cases
    (area, verdict, received_on, sort_key, kind, category, province, establishment, channel, state, unread_for_area, due_by)
    WHERE verdict IS NOT NULL;
CREATE INDEX cases_received_unread ON cases
    (area, received_on, sort_key, kind, category, province, establishment, channel, state, verdict, due_by)
    WHERE unread_for_area;

CREATE INDEX cases_due ON cases
    (area, due_by, sort_key, kind, category, province, establishment, channel, state, verdict, unread_for_area)
    WHERE due_by IS NOT NULL;
CREATE INDEX cases_due_by_category ON cases
    (area, category, due_by, sort_key, kind, province, establishment, channel, state, verdict, unread_for_area)
    WHERE due_by IS NOT NULL;
CREATE INDEX cases_due_by_province ON cases
    (area, province, due_by, sort_key, kind, category, establishment, channel, state, verdict, unread_for_area)
    WHERE due_by IS NOT NULL AND province IS NOT NULL;
CREATE INDEX cases_due_by_establishment ON cases
    (area, establishment, due_by, sort_key, kind, category, province, channel, state, verdict, unread_for_area)
    WHERE due_by IS NOT NULL AND establishment IS NOT NULL;

-- What a member has typed and not sent, sealed by the browser to the member; nobody else can open it.
CREATE TABLE staff_draft (
    staff_id UUID NOT NULL REFERENCES staff (id),
    case_id  UUID NOT NULL REFERENCES cases (id),
    field    TEXT NOT NULL CHECK (field IN ('message', 'note', 'reason', 'validation-request', 'purpose', 'checks')),
    body     BYTEA NOT NULL,
    at       BIGINT NOT NULL,
    PRIMARY KEY (staff_id, case_id, field)
);

CREATE INDEX staff_draft_by_case ON staff_draft (case_id);
