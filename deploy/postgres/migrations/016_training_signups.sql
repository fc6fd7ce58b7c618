-- A library's trainings as its librarians keep them, and the people who have signed up for one.
ALTER TABLE trainings
    ADD COLUMN number       bigint GENERATED ALWAYS AS IDENTITY UNIQUE, -- travels in buttons, where an id may be too long
    ADD COLUMN description  text NOT NULL DEFAULT '' CHECK (length(description) <= 1000),
    ADD COLUMN room         text NOT NULL DEFAULT '' CHECK (length(room) <= 120), -- where in the library, or where else
    ADD COLUMN minutes      integer CHECK (minutes BETWEEN 1 AND 1440), -- how long it lasts; NULL where unknown
    ADD COLUMN taken        integer NOT NULL DEFAULT 0 CHECK (taken BETWEEN 0 AND 1000), -- places promised by phone or at the counter
    ADD COLUMN cancelled_at timestamptz,
    ADD COLUMN word         text NOT NULL DEFAULT '' CHECK (length(word) <= 300), -- what the librarian says of the last change
    ADD COLUMN revision     integer NOT NULL DEFAULT 1 CHECK (revision > 0), -- rises with each change that those signed up must hear of
    ADD COLUMN version      integer NOT NULL DEFAULT 1 CHECK (version > 0), -- rises with each change
    ADD COLUMN changed_by   text NOT NULL DEFAULT 'import' CHECK (changed_by <> ''),
    ADD COLUMN changed_at   timestamptz NOT NULL DEFAULT now();
CREATE INDEX trainings_start ON trainings (starts_at);
CREATE INDEX trainings_help_point ON trainings (help_point, starts_at);

-- Who has signed up. Of the person only a first name or nickname stands here, and that only where they gave one.
CREATE TABLE training_signups (
    training     bigint NOT NULL REFERENCES trainings (number) ON DELETE CASCADE,
    contact      bigint NOT NULL REFERENCES contacts ON DELETE CASCADE,
    name         text NOT NULL DEFAULT '' CHECK (length(name) <= 30),
    revision     integer NOT NULL, -- of the training that the person has been told of
    reminded_for timestamptz, -- the start of which the reminder spoke; NULL: none was sent
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (training, contact)
);
CREATE INDEX training_signups_contact ON training_signups (contact);
