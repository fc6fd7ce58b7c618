-- Which editor was told that a draft waits for review, or that theirs was given back: each revision once.
CREATE TABLE review_notices (
    slug       text NOT NULL,
    begun_at   timestamptz NOT NULL, -- of the draft: the next one of the guide counts its revisions anew
    revision   integer NOT NULL,
    staff      bigint NOT NULL REFERENCES staff ON DELETE CASCADE,
    kind       text NOT NULL CHECK (kind IN ('review', 'returned')),
    created_at timestamptz NOT NULL,
    not_before timestamptz NOT NULL,
    tries      integer NOT NULL DEFAULT 0,
    ended_at   timestamptz, -- sent, or not needed any more
    way        text NOT NULL DEFAULT '' CHECK (way IN ('', 'telegram', 'mail', 'none')),
    PRIMARY KEY (slug, begun_at, revision, staff, kind)
);
CREATE INDEX review_notices_open ON review_notices (staff, not_before) WHERE ended_at IS NULL;

-- The revision in which a draft was given back: while it is the draft's, nobody has been at it since.
ALTER TABLE guide_drafts ADD COLUMN returned_revision integer NOT NULL DEFAULT 0;
