-- Contacts, their conversation, its messages, and what people thought of the answers.

CREATE TABLE contacts (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    channel         text NOT NULL CHECK (channel <> ''),
    key             text NOT NULL CHECK (key <> ''), -- the channel's own key: chat id, hash of a web token
    pseudonym       integer NOT NULL DEFAULT 1000 + floor(random() * 9000)::integer CHECK (pseudonym BETWEEN 1000 AND 9999), -- «Посетител 4821»
    language        text NOT NULL DEFAULT 'bg' CHECK (language IN ('bg', 'en', 'tr')),
    language_chosen boolean NOT NULL DEFAULT false, -- the person picked it: what they write doesn't change it
    audience        text NOT NULL DEFAULT '' CHECK (audience IN ('', 'citizen', 'business')),
    place           text REFERENCES places ON UPDATE CASCADE ON DELETE SET NULL, -- a settlement is all that is kept of where somebody is
    blocked_at      timestamptz, -- the person blocked us on the channel; NULL once they write again
    forgotten_at    timestamptz, -- asked to be forgotten: the row itself goes once the goodbye is delivered
    created_at      timestamptz NOT NULL,
    UNIQUE (channel, key)
);
CREATE INDEX contacts_forgotten ON contacts (forgotten_at) WHERE forgotten_at IS NOT NULL; -- looked for each minute

-- A contact has one conversation, for as long as we know them.
CREATE TABLE conversations (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    contact       bigint NOT NULL UNIQUE REFERENCES contacts ON DELETE CASCADE,
    holder        text CHECK (holder <> ''), -- opaque id of the librarian who holds it; NULL: the bot
    turn          bigint NOT NULL DEFAULT 0 CHECK (turn >= 0), -- rises with each text and command of the person
    answered_turn bigint NOT NULL DEFAULT 0 CHECK (answered_turn >= 0 AND answered_turn <= turn),
    state         jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(state) = 'object'), -- where the dialog stands
    due_at        timestamptz, -- when a worker should look at what came in; NULL: nothing waits
    lease         bigint NOT NULL DEFAULT 0, -- rises with each lease: only the newest may save
    leased_until  timestamptz, -- a worker is at it until then; in the past: it died
    tries         integer NOT NULL DEFAULT 0 CHECK (tries >= 0), -- leases since the last step that was saved
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL
);
CREATE INDEX conversations_due ON conversations (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX conversations_held ON conversations (holder) WHERE holder IS NOT NULL;

-- The transcript, and the outbox: an outgoing row waits until it has a delivered_at or a failed_at.
CREATE TABLE messages (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    conversation  bigint NOT NULL REFERENCES conversations ON DELETE CASCADE,
    sender        text NOT NULL CHECK (sender IN ('person', 'bot', 'librarian', 'system')),
    kind          text NOT NULL CHECK (kind IN ('text', 'command', 'button', 'location', 'edited', 'unsupported', 'too-long', 'reply', 'notice')),
    text          text NOT NULL DEFAULT '' CHECK (length(text) <= 8000), -- masked before it is stored
    body          jsonb CHECK (jsonb_typeof(body) = 'object'), -- what an outgoing message says, free of any channel
    data          text NOT NULL DEFAULT '' CHECK (octet_length(data) <= 64), -- a button's action, a command with its argument
    lat           double precision, -- a shared location, erased in the transaction that used it
    lon           double precision,
    author        text, -- opaque id of the librarian who wrote it
    turn          bigint NOT NULL,
    event_id      text, -- the channel's id of the event that brought it
    external_id   text, -- the channel's id of the message itself
    held          boolean NOT NULL DEFAULT false, -- a librarian held the conversation when it came: the bot doesn't answer it
    created_at    timestamptz NOT NULL,
    pulled        boolean NOT NULL DEFAULT false, -- outgoing: the person's page fetches it, delivery leaves it alone
    handled_at    timestamptz, -- incoming: when the dialog dealt with it
    deliver_after timestamptz, -- outgoing: not before then; set ahead while a sender is at it
    delivered_at  timestamptz,
    tries         integer NOT NULL DEFAULT 0 CHECK (tries >= 0),
    failed_at     timestamptz, -- refused for good
    failure       text, -- the channel's reason; never the text
    UNIQUE (conversation, event_id),
    CHECK ((sender = 'person') = (kind NOT IN ('reply', 'notice'))),
    CHECK ((sender = 'person') = (body IS NULL)),
    CHECK (sender <> 'person' OR (delivered_at IS NULL AND failed_at IS NULL)),
    CHECK (delivered_at IS NULL OR failed_at IS NULL),
    CHECK ((sender = 'librarian') = (author IS NOT NULL)),
    CHECK ((lat IS NULL) = (lon IS NULL))
);
CREATE INDEX messages_transcript ON messages (conversation, id);
CREATE INDEX messages_unhandled ON messages (conversation, id) WHERE sender = 'person' AND handled_at IS NULL;
CREATE INDEX messages_pending ON messages (conversation, id) WHERE sender <> 'person' AND NOT pulled AND delivered_at IS NULL AND failed_at IS NULL;
CREATE INDEX messages_external ON messages (conversation, external_id) WHERE external_id IS NOT NULL;

-- One judgement per answer and contact; the last one counts.
CREATE TABLE feedback (
    answer     bigint NOT NULL REFERENCES answers ON DELETE CASCADE,
    contact    bigint NOT NULL REFERENCES contacts ON DELETE CASCADE,
    rating     text NOT NULL CHECK (rating IN ('good', 'bad')),
    reason     text CHECK (reason IN ('wrong-service', 'unclear', 'outdated', 'missing-case', 'broken-link')),
    comment    text CHECK (length(comment) <= 2000), -- masked
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (answer, contact),
    CHECK (rating = 'bad' OR reason IS NULL)
);
CREATE INDEX feedback_contact ON feedback (contact);
CREATE INDEX feedback_bad ON feedback (updated_at DESC) WHERE rating = 'bad';
