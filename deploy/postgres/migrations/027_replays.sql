-- What a guide's draft would do to the answers. One replay of a guide is kept, the newest, for thirty days at most.
CREATE TABLE replays (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    slug       text NOT NULL UNIQUE CHECK (slug <> ''), -- perhaps of a guide that isn't published yet
    guide      jsonb NOT NULL CHECK (jsonb_typeof(guide) = 'object'), -- as it was tried
    base       integer NOT NULL CHECK (base >= 0), -- published version that it was compared with; 0: none
    revision   integer NOT NULL CHECK (revision >= 0), -- of the draft that was tried
    state      text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'done', 'cancelled', 'failed')),
    total      integer NOT NULL DEFAULT 0 CHECK (total >= 0), -- questions; 0 until they are gathered
    left_out   integer NOT NULL DEFAULT 0 CHECK (left_out >= 0), -- questions beyond the most that a replay takes
    done       integer NOT NULL DEFAULT 0 CHECK (done >= 0),
    counts     jsonb NOT NULL DEFAULT '{}', -- questions by kind
    model      text NOT NULL DEFAULT '',
    asked_by   text NOT NULL CHECK (asked_by <> ''), -- opaque staff id
    asked_at   timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    ended_at   timestamptz,
    CHECK ((ended_at IS NULL) = (state IN ('waiting', 'running')))
);
CREATE INDEX replays_open ON replays (id) WHERE state IN ('waiting', 'running');

-- The questions of a replay: those still to be asked, and those whose answer the draft changes. Their words stay where they are,
-- so that a person who is forgotten is forgotten here too.
CREATE TABLE replay_questions (
    replay     bigint NOT NULL REFERENCES replays ON DELETE CASCADE,
    n          integer NOT NULL, -- the guide's own sample questions first, then what people ask most
    sample     bigint, -- sample_questions, which may lose it
    answer     bigint REFERENCES answers ON DELETE CASCADE, -- the newest that gives people's question
    asked      integer NOT NULL DEFAULT 0 CHECK (asked >= 0), -- by how many conversations in thirty days
    own        boolean NOT NULL DEFAULT false, -- a sample question of the guide itself
    screen     text NOT NULL DEFAULT '', -- slug of the guide that was on the screen
    kind       text CHECK (kind IN ('worse', 'lost', 'other', 'words', 'better')), -- NULL: still to be asked
    before     jsonb,
    after      jsonb,
    exceptions text[] NOT NULL DEFAULT '{}', -- that the answer loses
    links      text[] NOT NULL DEFAULT '{}', -- that it loses
    PRIMARY KEY (replay, n),
    CHECK ((sample IS NULL) <> (answer IS NULL)),
    CHECK ((kind IS NULL) = (before IS NULL) AND (kind IS NULL) = (after IS NULL))
);
CREATE INDEX replay_questions_kind ON replay_questions (replay, kind, n);
CREATE INDEX replay_questions_answer ON replay_questions (answer) WHERE answer IS NOT NULL;
