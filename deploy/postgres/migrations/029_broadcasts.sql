-- Who asked for news in the chat: about what, as whom, and of where. The row goes with one tap.
CREATE TABLE subscriptions (
    contact      bigint PRIMARY KEY REFERENCES contacts ON DELETE CASCADE,
    topics       text[] NOT NULL CHECK (cardinality(topics) > 0 AND topics <@ ARRAY['services', 'deadlines', 'changes', 'safety', 'events']),
    role         text NOT NULL CHECK (role IN ('citizen', 'business', 'both')),
    district     text NOT NULL DEFAULT '', -- '' wants only what is of the whole country
    municipality text NOT NULL DEFAULT '',
    since        timestamptz NOT NULL,
    CHECK ((district = '') = (municipality = ''))
);

-- A piece of news on its way to those who asked.
CREATE TABLE broadcasts (
    news       bigint PRIMARY KEY REFERENCES news,
    state      text NOT NULL CHECK (state IN ('filling', 'sending', 'stopped', 'done', 'expired')),
    filled     bigint NOT NULL DEFAULT 0, -- contacts up to this id have been looked at
    recipients integer NOT NULL DEFAULT 0,
    begun_at   timestamptz NOT NULL,
    ended_at   timestamptz,
    counts     jsonb CHECK (jsonb_typeof(counts) = 'object'), -- of recipients by state, once these are deleted
    CHECK ((state IN ('done', 'expired')) = (ended_at IS NOT NULL))
);
CREATE INDEX broadcasts_open ON broadcasts (news) WHERE state IN ('filling', 'sending');
CREATE INDEX broadcasts_ended ON broadcasts (ended_at) WHERE counts IS NULL;

-- An attempt is noted before it goes out, so that nobody is sent the same twice: where its end is never heard of, it stays unknown.
CREATE TABLE broadcast_recipients (
    news         bigint NOT NULL REFERENCES broadcasts ON DELETE CASCADE,
    contact      bigint NOT NULL REFERENCES contacts ON DELETE CASCADE,
    channel      text NOT NULL,
    state        text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sending', 'sent', 'failed', 'blocked', 'unknown', 'left')),
    not_before   timestamptz,
    attempted_at timestamptz,
    failure      text NOT NULL DEFAULT '',
    PRIMARY KEY (news, contact),
    CHECK (attempted_at IS NOT NULL OR state IN ('waiting', 'blocked', 'left', 'failed'))
);
CREATE INDEX broadcast_recipients_waiting ON broadcast_recipients (news, contact) WHERE state = 'waiting';
CREATE INDEX broadcast_recipients_sending ON broadcast_recipients (attempted_at) WHERE state = 'sending';
CREATE INDEX broadcast_recipients_contact ON broadcast_recipients (contact);
