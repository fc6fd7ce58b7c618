-- What editors are at before it is published: at most one draft of a guide.
CREATE TABLE guide_drafts (
    slug         text PRIMARY KEY CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(slug) <= 60),
    base         integer NOT NULL CHECK (base >= 0), -- published version that it was begun on; 0: a new guide
    revision     integer NOT NULL CHECK (revision > 0), -- rises with each save
    stage        text NOT NULL CHECK (stage IN ('draft', 'review')),
    guide        jsonb NOT NULL CHECK (jsonb_typeof(guide) = 'object'), -- may be incomplete
    notes        text NOT NULL CHECK (length(notes) <= 20000), -- for editors, masked: where it comes from
    begun_by     text NOT NULL CHECK (begun_by <> ''),
    begun_at     timestamptz NOT NULL DEFAULT now(),
    changed_by   text NOT NULL CHECK (changed_by <> ''),
    changed_at   timestamptz NOT NULL DEFAULT now(),
    sent_by      text NOT NULL DEFAULT '', -- who sent it for review
    CHECK ((stage = 'review') = (sent_by <> ''))
);

-- Who wrote a version, beside who published it: with approval these are two.
ALTER TABLE guide_versions ADD COLUMN written_by text NOT NULL DEFAULT '';

-- What the editors have agreed on. One row.
CREATE TABLE editing_rules (
    one           boolean PRIMARY KEY DEFAULT true CHECK (one),
    second_editor boolean NOT NULL DEFAULT false, -- a guide is published by another editor than who wrote it
    grace_days    integer NOT NULL DEFAULT 180 CHECK (grace_days BETWEEN 0 AND 3650) -- after its review date a guide still answers, with a warning; later it only points at its source
);
INSERT INTO editing_rules DEFAULT VALUES;
