-- What editors were last told of a guide's review date, so that each is told once: a month before, on the day, then every thirty days.
CREATE TABLE guide_reminders (
    staff     bigint NOT NULL REFERENCES staff ON DELETE CASCADE,
    slug      text NOT NULL REFERENCES guides ON UPDATE CASCADE ON DELETE CASCADE,
    review_by date NOT NULL, -- the date that it was about
    step      integer NOT NULL CHECK (step > 0), -- 1: it comes; 2: it is here; then one more each thirty days
    told_at   timestamptz, -- NULL: it is being sent
    next_at   timestamptz NOT NULL, -- where it was not told: when to try again
    way       text NOT NULL DEFAULT 'none' CHECK (way IN ('telegram', 'mail', 'none')), -- how it was told
    PRIMARY KEY (staff, slug)
);
CREATE INDEX guide_reminders_slug ON guide_reminders (slug);

-- When an editor may be told again which addresses are broken: once a week.
CREATE TABLE link_reminders (
    staff   bigint PRIMARY KEY REFERENCES staff ON DELETE CASCADE,
    next_at timestamptz NOT NULL,
    way     text NOT NULL DEFAULT 'none' CHECK (way IN ('telegram', 'mail', 'none'))
);
