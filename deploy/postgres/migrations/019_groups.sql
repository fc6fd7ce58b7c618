-- Librarians who work in a forum group of Telegram: the groups of libraries, a topic for each ticket, what came from there and what
-- is to be said there.

CREATE TABLE telegram_groups (
    chat            bigint PRIMARY KEY,
    title           text NOT NULL CHECK (length(title) <= 256),
    help_point      text REFERENCES help_points (id) ON UPDATE CASCADE, -- NULL: the national pool
    connected_by    bigint NOT NULL REFERENCES staff,
    connected_at    timestamptz NOT NULL,
    disconnected_at timestamptz, -- its topics are closed and deleted all the same
    fault           text NOT NULL DEFAULT '' CHECK (fault IN ('', 'removed', 'not-admin', 'no-topics', 'no-delete', 'not-forum')), -- what the bot lacks there
    fault_at        timestamptz,
    probe_at        timestamptz, -- with a fault: when to ask whether it is over
    not_before      timestamptz, -- Telegram is not called before then
    tries           int NOT NULL DEFAULT 0, -- calls that failed since the last that didn't
    leased_until    timestamptz, -- a sender is at it until then; in the past: it died
    sent            timestamptz[] NOT NULL DEFAULT '{}', -- the calls of the last minute: Telegram takes 20
    CHECK ((fault = '') = (fault_at IS NULL)),
    CHECK ((fault = '') = (probe_at IS NULL))
);
CREATE UNIQUE INDEX telegram_groups_library ON telegram_groups (help_point) NULLS NOT DISTINCT WHERE disconnected_at IS NULL;

-- The code that connects a group with a library: shown once on the staff site, sent in the group.
CREATE TABLE telegram_group_codes (
    code_hash  bytea PRIMARY KEY CHECK (length(code_hash) = 32),
    help_point text REFERENCES help_points (id) ON UPDATE CASCADE ON DELETE CASCADE, -- NULL: the national pool
    staff      bigint NOT NULL REFERENCES staff ON DELETE CASCADE,
    expires_at timestamptz NOT NULL
);

-- A topic is what is wanted and, beside it, what Telegram has been told so far: a sender brings the one to the other.
CREATE TABLE group_topics (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ticket       bigint NOT NULL REFERENCES tickets ON DELETE CASCADE,
    chat         bigint NOT NULL REFERENCES telegram_groups,
    state        text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed', 'deleting', 'deleted')),
    closed_at    timestamptz,
    name         text NOT NULL CHECK (length(name) BETWEEN 1 AND 128), -- no personal data: the pseudonym, the settlement, the guide's title
    menu         text NOT NULL DEFAULT 'take', -- the buttons under the first message
    thread       bigint,               -- Telegram's id; NULL until it is made
    head         bigint,               -- the first message; NULL until it is sent
    shown_name   text NOT NULL DEFAULT '',
    shown_menu   text NOT NULL DEFAULT '',
    shown_closed boolean NOT NULL DEFAULT false,
    start        bigint NOT NULL,      -- the last of the conversation's messages that the first message tells of
    message      bigint NOT NULL,      -- the last that is mirrored
    event        bigint NOT NULL,      -- the last of the ticket's events that is told
    note         bigint NOT NULL,      -- the last of its notes
    told         bigint[] NOT NULL DEFAULT '{}', -- Telegram users who were told that the person doesn't read their words
    UNIQUE (ticket, chat),
    UNIQUE (chat, thread),
    CHECK ((state = 'open') = (closed_at IS NULL))
);
CREATE INDEX group_topics_alive ON group_topics (chat) WHERE state <> 'deleted';

-- What is to be said in topics, in order. The words are erased when they are said.
CREATE TABLE group_messages (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic      bigint NOT NULL REFERENCES group_topics ON DELETE CASCADE,
    who        text NOT NULL DEFAULT '', -- whose words these are, as the group reads it
    text       text NOT NULL CHECK (length(text) <= 8000), -- masked
    created_at timestamptz NOT NULL,
    sent_at    timestamptz,
    message    bigint,      -- Telegram's id of the message that carried it
    failed_at  timestamptz, -- refused for good
    failure    text NOT NULL DEFAULT '',
    CHECK (sent_at IS NULL OR failed_at IS NULL)
);
CREATE INDEX group_messages_pending ON group_messages (topic, id) WHERE sent_at IS NULL AND failed_at IS NULL;

-- What happened in groups, kept before it is acknowledged, and forgotten two days after it is dealt with.
CREATE TABLE group_updates (
    id           bigint PRIMARY KEY, -- Telegram's
    chat         bigint NOT NULL,
    thread       bigint NOT NULL,
    kind         text NOT NULL,
    actor        bigint NOT NULL, -- Telegram user; 0: the group itself
    language     text NOT NULL,
    title        text NOT NULL,
    message      bigint NOT NULL,
    text         text NOT NULL, -- masked; erased when it is dealt with
    hidden       text[] NOT NULL, -- kinds of personal numbers that were masked
    data         text NOT NULL, -- of a button
    callback     text NOT NULL,
    code_hash    bytea, -- of «/connect CODE»
    rights       jsonb, -- of the bot, where these changed
    received_at  timestamptz NOT NULL,
    tried_at     timestamptz, -- when it was first taken up
    leased_until timestamptz,
    tries        int NOT NULL DEFAULT 0,
    done_at      timestamptz,
    author       bigint -- account whose words these became; NULL again once the mirror has passed them over
);
CREATE INDEX group_updates_pending ON group_updates (chat, id) WHERE done_at IS NULL;
CREATE INDEX group_updates_done ON group_updates (done_at) WHERE done_at IS NOT NULL;
