-- Conversations handed over to people: tickets, what happened to them, and answers ready to use.

CREATE TABLE tickets (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    conversation bigint REFERENCES conversations (id) ON DELETE SET NULL, -- NULL: the person asked to be forgotten
    state        text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'claimed', 'closed')),
    reason       text NOT NULL CHECK (reason IN ('asked', 'abstained', 'bad-ratings')),
    wish         text NOT NULL DEFAULT '',  -- help point that the person chose, 'pool', or '' where routing chose
    place        text NOT NULL DEFAULT '',  -- ekatte, '' where unknown
    language     text NOT NULL,
    summary      text NOT NULL DEFAULT '' CHECK (length(summary) <= 4000), -- the masked question; emptied when it closes
    help_point   text REFERENCES help_points (id) ON UPDATE CASCADE, -- NULL: the national pool
    why          text NOT NULL,             -- phrase key of why routing chose it
    opened_at    timestamptz NOT NULL DEFAULT now(),
    claimed_by   bigint REFERENCES staff,
    claimed_at   timestamptz,
    active_at    timestamptz,               -- when the holder last did something about it
    closed_at    timestamptz,
    outcome      text CHECK (outcome IN ('solved', 'guide-wrong', 'guide-missing', 'left', 'other', 'withdrawn', 'unstaffed', 'expired')),
    CHECK ((state = 'claimed') = (claimed_by IS NOT NULL AND closed_at IS NULL)),
    CHECK ((claimed_by IS NULL) = (claimed_at IS NULL)),
    CHECK ((state = 'closed') = (closed_at IS NOT NULL)),
    CHECK ((state = 'closed') = (outcome IS NOT NULL)),
    CHECK (state <> 'closed' OR summary = '')
);
CREATE UNIQUE INDEX tickets_open_once ON tickets (conversation) WHERE state <> 'closed';
CREATE INDEX tickets_queue ON tickets (help_point, opened_at) WHERE state <> 'closed';
CREATE INDEX tickets_claimed_by ON tickets (claimed_by, id DESC) WHERE claimed_by IS NOT NULL;
CREATE INDEX tickets_conversation ON tickets (conversation);

CREATE TABLE ticket_events (
    id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ticket bigint NOT NULL REFERENCES tickets ON DELETE CASCADE,
    at     timestamptz NOT NULL DEFAULT now(),
    kind   text NOT NULL CHECK (kind IN ('opened', 'claimed', 'returned', 'gone', 'rerouted', 'closed')),
    staff  bigint REFERENCES staff, -- NULL: the person or the program
    detail text NOT NULL DEFAULT ''
);
CREATE INDEX ticket_events_ticket ON ticket_events (ticket, id);

CREATE TABLE canned_answers (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    language   text NOT NULL CHECK (language IN ('bg', 'en')),
    title      text NOT NULL CHECK (length(title) BETWEEN 1 AND 80),
    text       text NOT NULL CHECK (length(text) BETWEEN 1 AND 2000),
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (language, title)
);
