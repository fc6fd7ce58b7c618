-- When a librarian was last asked whether what we say of a library is still right, so that they are asked once a year.
CREATE TABLE library_reminders (
    help_point text NOT NULL REFERENCES help_points ON UPDATE CASCADE ON DELETE CASCADE,
    staff      bigint NOT NULL REFERENCES staff ON DELETE CASCADE,
    next_at    timestamptz NOT NULL, -- not before then: a year after it was sent, soon where sending failed
    way        text NOT NULL DEFAULT 'none' CHECK (way IN ('telegram', 'mail', 'none')), -- how it was sent last
    PRIMARY KEY (help_point, staff)
);
