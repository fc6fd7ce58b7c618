-- News that editors write. People read what is public on its page, in feeds and in the chat.

CREATE TABLE news (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    title_bg     text NOT NULL CHECK (length(title_bg) <= 120),
    text_bg      text NOT NULL CHECK (length(text_bg) <= 1500),
    title_en     text NOT NULL CHECK (length(title_en) <= 120), -- '' where it is in Bulgarian alone
    text_en      text NOT NULL CHECK (length(text_en) <= 1500),
    link         text NOT NULL CHECK (link = '' OR link ~ '^https?://'),
    topics       text[] NOT NULL CHECK (topics <@ ARRAY['services', 'deadlines', 'changes', 'safety', 'events']),
    audience     text NOT NULL CHECK (audience IN ('citizen', 'business', 'both')),
    district     text NOT NULL DEFAULT '', -- '' is the whole country
    municipality text NOT NULL DEFAULT '', -- '' is the whole district
    state        text NOT NULL CHECK (state IN ('draft', 'scheduled', 'published', 'withdrawn')),
    send         boolean NOT NULL, -- to those who asked for news, when it is published
    publish_at   timestamptz,
    expires_at   timestamptz, -- from then on it is old: not sent any more
    version      integer NOT NULL DEFAULT 1 CHECK (version > 0), -- rises with each change
    created_by   text NOT NULL CHECK (created_by <> ''),
    changed_by   text NOT NULL CHECK (changed_by <> ''),
    changed_at   timestamptz NOT NULL DEFAULT now(),
    CHECK (district <> '' OR municipality = ''),
    CHECK (title_bg <> '' OR title_en <> ''),
    CHECK (state = 'draft' OR (publish_at IS NOT NULL AND expires_at > publish_at AND cardinality(topics) > 0
        AND (title_bg = '') = (text_bg = '') AND (title_en = '') = (text_en = '')))
);
CREATE INDEX news_public ON news (publish_at DESC, id DESC) WHERE state IN ('scheduled', 'published');
CREATE INDEX news_changed ON news (changed_at DESC, id DESC);
