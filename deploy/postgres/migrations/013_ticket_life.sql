-- The ticket's life in full: a transfer asked of a person, a second librarian, notes, a closing in one tap, what the person thought of
-- it, a matter taken up again, people kept from the desk for a while, and what a closing found wrong with the guides.

ALTER TABLE tickets
    ADD COLUMN joined_by      bigint REFERENCES staff, -- a second librarian, who may write too
    ADD COLUMN joined_at      timestamptz,
    ADD COLUMN asked_of     bigint REFERENCES staff, -- of whom a transfer is asked; the holder holds until they accept
    ADD COLUMN asked_at     timestamptz,
    ADD COLUMN earlier        bigint REFERENCES tickets ON DELETE SET NULL, -- the ticket that this one goes on with
    ADD COLUMN effort         smallint CHECK (effort BETWEEN 1 AND 6), -- READ scale; NULL: closed by the program, or before it was asked for
    ADD COLUMN guide          text CHECK (guide IN ('fine', 'wrong', 'missing')), -- what the librarian thought of the guides
    ADD COLUMN rating         text CHECK (rating IN ('helped', 'not-helped')), -- what the person thought of the hand-over, said once
    ADD COLUMN rated_at       timestamptz,
    ADD COLUMN rating_comment text NOT NULL DEFAULT '' CHECK (length(rating_comment) <= 2000), -- masked
    ADD CHECK (joined_by IS NULL OR state = 'claimed' AND joined_by <> claimed_by),
    ADD CHECK ((joined_by IS NULL) = (joined_at IS NULL)),
    ADD CHECK (asked_of IS NULL OR state = 'claimed' AND asked_of <> claimed_by),
    ADD CHECK ((asked_of IS NULL) = (asked_at IS NULL)),
    ADD CHECK ((rating IS NULL) = (rated_at IS NULL)),
    ADD CHECK (rating IS NULL OR state = 'closed'),
    ADD CHECK (rating IS NOT NULL OR rating_comment = ''),
    ADD CHECK (state = 'closed' OR effort IS NULL AND guide IS NULL);
CREATE INDEX tickets_joined_by ON tickets (joined_by) WHERE joined_by IS NOT NULL;
CREATE INDEX tickets_asked_of ON tickets (asked_of) WHERE asked_of IS NOT NULL;

-- The outcomes before this one mixed how it ended for the person with what the guides lacked. These are two answers now.
ALTER TABLE tickets DROP CONSTRAINT tickets_outcome_check;
UPDATE tickets SET
    guide = CASE outcome WHEN 'guide-wrong' THEN 'wrong' WHEN 'guide-missing' THEN 'missing' END,
    outcome = CASE WHEN outcome = 'other' THEN 'not-helped' ELSE 'answered' END
WHERE outcome IN ('solved', 'guide-wrong', 'guide-missing', 'other');
ALTER TABLE tickets ADD CONSTRAINT tickets_outcome_check CHECK (outcome IN (
    'answered', 'sent-library', 'sent-institution', 'not-helped', 'blocked', 'left', 'withdrawn', 'unstaffed', 'expired'));

-- The kinds of a ticket's steps are rows, so that a new kind is a row and not a rewritten check.
CREATE TABLE ticket_event_kinds (
    kind text PRIMARY KEY CHECK (kind <> '')
);
INSERT INTO ticket_event_kinds VALUES
    ('opened'), ('claimed'), ('returned'), ('gone'), ('rerouted'), ('closed'), ('contact'), ('contact-gone'),
    ('reopened'), ('asked'), ('accepted'), ('declined'), ('lapsed'), ('sent'), ('joined'), ('parted'), ('took-over'), ('noted'),
    ('blocked'), ('unblocked'), ('rated');
ALTER TABLE ticket_events
    DROP CONSTRAINT ticket_events_kind_check,
    ADD FOREIGN KEY (kind) REFERENCES ticket_event_kinds;

-- What librarians write to each other. The person never sees it; it goes when the person asks to be forgotten.
CREATE TABLE ticket_notes (
    id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ticket bigint NOT NULL REFERENCES tickets ON DELETE CASCADE,
    staff  bigint NOT NULL REFERENCES staff,
    kind   text NOT NULL DEFAULT 'note' CHECK (kind IN ('note', 'transfer', 'decline', 'block')),
    text   text NOT NULL CHECK (length(text) BETWEEN 1 AND 4000), -- masked
    at     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ticket_notes_ticket ON ticket_notes (ticket, id);

-- Who can't open tickets for a while. The guides still answer them.
CREATE TABLE desk_blocks (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    contact   bigint NOT NULL REFERENCES contacts ON DELETE CASCADE,
    ticket    bigint REFERENCES tickets ON DELETE SET NULL, -- the one in which it happened
    reason    text NOT NULL CHECK (length(reason) BETWEEN 1 AND 1000), -- masked
    by        bigint NOT NULL REFERENCES staff,
    at        timestamptz NOT NULL DEFAULT now(),
    until     timestamptz NOT NULL CHECK (until > at),
    lifted_by bigint REFERENCES staff,
    lifted_at timestamptz,
    CHECK ((lifted_by IS NULL) = (lifted_at IS NULL))
);
CREATE INDEX desk_blocks_contact ON desk_blocks (contact, until);

-- What a closing found wrong with the guides, for an editor.
CREATE TABLE guide_tasks (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ticket   bigint NOT NULL UNIQUE REFERENCES tickets ON DELETE CASCADE,
    kind     text NOT NULL CHECK (kind IN ('wrong', 'missing')),
    slug     text NOT NULL DEFAULT '', -- the guide that is wrong, or should have covered it; '' where none is known
    question text NOT NULL DEFAULT '' CHECK (length(question) <= 4000), -- masked; emptied when the person asks to be forgotten
    words    text NOT NULL DEFAULT '' CHECK (length(words) <= 2000), -- the librarian's, masked
    state    text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done', 'dismissed')),
    at       timestamptz NOT NULL DEFAULT now(),
    by       bigint REFERENCES staff, -- who did or dismissed it
    ended_at timestamptz,
    CHECK (kind = 'missing' OR slug <> ''),
    CHECK ((state = 'open') = (ended_at IS NULL)),
    CHECK ((by IS NULL) = (ended_at IS NULL))
);
CREATE INDEX guide_tasks_open ON guide_tasks (at) WHERE state = 'open';
