-- How people wait: why a ticket is where it is, what it was like there when it was opened, and what the person has been told meanwhile.
ALTER TABLE tickets
    ADD COLUMN why_name       text NOT NULL DEFAULT '', -- the library that the reason names
    ADD COLUMN why_until      timestamptz,              -- when that library opens; NULL where the reason is another
    ADD COLUMN opened_as      text NOT NULL DEFAULT '' CHECK (opened_as IN ('', 'attended', 'busy', 'open', 'unknown', 'closed')), -- '' before this was kept
    ADD COLUMN routed_at      timestamptz NOT NULL DEFAULT now(), -- when it came to this library
    ADD COLUMN tried          text[] NOT NULL DEFAULT '{}',       -- libraries that it was at before; '' is the national pool
    ADD COLUMN moved_told_at  timestamptz, -- when the person was told that another library reads it: once
    ADD COLUMN offered_at     timestamptz, -- when the person was offered other ways, because nobody took it: once
    ADD COLUMN closed_told_at timestamptz, -- when the person was told that the library has closed for the day: once
    ADD COLUMN left_at        timestamptz; -- when the person left the question and stopped waiting for it
UPDATE tickets SET routed_at = opened_at;
CREATE INDEX tickets_waiting ON tickets (opened_at) WHERE state = 'waiting';
CREATE INDEX tickets_opened_as ON tickets (opened_as, opened_at);

-- How many people a librarian talks to at once, and whether we write to them where somebody waits and nobody has the desk open.
ALTER TABLE staff
    ADD COLUMN chat_limit integer NOT NULL DEFAULT 4 CHECK (chat_limit BETWEEN 1 AND 20),
    ADD COLUMN notices    boolean NOT NULL DEFAULT true;

-- Whom we tell that somebody waits: one row for a ticket and a member of the staff, so that nobody is told twice. Rows that are due go
-- together, as one message.
CREATE TABLE staff_notices (
    ticket     bigint NOT NULL REFERENCES tickets ON DELETE CASCADE,
    staff      bigint NOT NULL REFERENCES staff ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    not_before timestamptz NOT NULL DEFAULT now(), -- set ahead while a sender is at it, after a failure, and until the library opens
    tries      integer NOT NULL DEFAULT 0 CHECK (tries >= 0),
    ended_at   timestamptz, -- sent, or not needed any more; NULL: still to be sent
    way        text CHECK (way IN ('telegram', 'mail', 'none')), -- how it was sent; none: not needed any more, or it can't be
    PRIMARY KEY (ticket, staff),
    CHECK ((ended_at IS NULL) = (way IS NULL))
);
CREATE INDEX staff_notices_due ON staff_notices (staff, not_before) WHERE ended_at IS NULL;
CREATE INDEX staff_notices_sent ON staff_notices (staff, ended_at DESC) WHERE way IN ('telegram', 'mail');
