-- What can be rebuilt from what people wrote (chunks, models, cursors), and the answers that were given on it.

-- Models that turn text into vectors. A built-in one is learned here and keeps its weights; a remote one is only named.
CREATE TABLE models (
    id         integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text NOT NULL UNIQUE CHECK (name <> ''),
    kind       text NOT NULL CHECK (kind IN ('built-in', 'remote')),
    dims       integer NOT NULL CHECK (dims BETWEEN 1 AND 16000),
    weights    bytea CHECK ((weights IS NOT NULL) = (kind = 'built-in')), -- embedder, ranking and calibration together
    learned    bigint NOT NULL, -- revision of the knowledge that the weights were learned from
    cursor     bigint NOT NULL DEFAULT 0, -- revision of the knowledge that the chunks were last brought up to
    whole      boolean NOT NULL DEFAULT false, -- only a whole model serves; the newest whole one does
    created_at timestamptz NOT NULL DEFAULT now()
);

-- Pieces of guides, of sample questions and of signposts, once per model. digest tells whether a piece changed.
CREATE TABLE chunks (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    model     integer NOT NULL REFERENCES models ON DELETE CASCADE,
    source    text NOT NULL CHECK (source IN ('guide', 'sample', 'negative', 'signpost')),
    key       text NOT NULL CHECK (key <> ''), -- slug, sample's id or signpost's title
    part      text NOT NULL, -- of a guide: title, names, steps…
    slugs     text[] NOT NULL, -- the guides that it speaks for; empty for negatives and signposts
    text      text NOT NULL,
    digest    bytea NOT NULL,
    lexemes   tsvector NOT NULL, -- stems, by the analysis of package retrieval
    embedding vector NOT NULL,
    UNIQUE (model, source, key, part),
    CHECK (source IN ('negative', 'signpost') = (cardinality(slugs) = 0))
);
CREATE INDEX chunks_lexemes ON chunks USING gin (lexemes) WITH (fastupdate = off); -- a search never reads a pending list
-- Each model gets a partial index of its own on embedding, made when it is filled: dimensions differ.

-- Answers given, and on what evidence. Asked on behalf of a conversation, or of nobody (conversation IS NULL: the API).
CREATE TABLE answers (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    answered_at  timestamptz NOT NULL DEFAULT now(),
    conversation bigint, -- of package bot, a higher floor
    question     text NOT NULL, -- masked; emptied when the person asks to be forgotten
    context      text[] NOT NULL DEFAULT '{}',
    language     text NOT NULL CHECK (language IN ('bg', 'en')),
    detected     text NOT NULL CHECK (detected IN ('bg', 'bg-latn', 'en', 'ru', 'uk', 'tr', 'und')),
    audience     text NOT NULL DEFAULT '',
    place        text NOT NULL DEFAULT '', -- ekatte
    outcome      text NOT NULL CHECK (outcome IN ('answered', 'clarify', 'abstained', 'out_of_scope', 'emergency')),
    intent       text NOT NULL CHECK (intent IN ('question', 'human', 'help_point', 'status', 'smalltalk', 'news')),
    topic        text NOT NULL DEFAULT '',
    confidence   real NOT NULL CHECK (confidence BETWEEN 0 AND 1),
    guides       jsonb NOT NULL, -- [{"slug", "version", "score"}], best first
    evidence     jsonb NOT NULL, -- [{"source", "key", "part", "similarity", "lexical"}], strongest first
    signpost     text NOT NULL DEFAULT '',
    model        text NOT NULL
);
CREATE INDEX answers_conversation ON answers (conversation) WHERE conversation IS NOT NULL;
CREATE INDEX answers_time ON answers (answered_at);
