-- What is counted, kept apart from what it is counted from, so that years are read quickly and whoever asks to be forgotten is still one of
-- a number. No words stand here, and nothing that leads back to a contact who is gone.

-- One row for a question.
CREATE TABLE figure_questions (
    answer   bigint PRIMARY KEY,
    day      date NOT NULL,   -- in Bulgaria
    person   bigint NOT NULL, -- the conversation; negative: somebody who is forgotten, of this day alone; 0: nobody, the public API
    channel  text NOT NULL CHECK (channel <> ''), -- telegram | web | library (a terminal) | api
    region   text NOT NULL,   -- district; '' unknown
    audience text NOT NULL CHECK (audience IN ('', 'citizen', 'business')),
    service  text NOT NULL,   -- slug of the guide that was shown; '' none
    outcome  text NOT NULL CHECK (outcome IN ('answered', 'choice', 'abstained', 'outside')),
    rating   text NOT NULL CHECK (rating IN ('', 'good', 'bad')),
    reason   text NOT NULL,   -- of a bad rating; '' none was given
    step     smallint NOT NULL CHECK (step BETWEEN 0 AND 6) -- how far it came: 1 knows, 2 understood, 3 wanted, 4 used, 5 satisfied, 6 recommends
);
CREATE INDEX figure_questions_day ON figure_questions (day);
CREATE INDEX figure_questions_person ON figure_questions (person) WHERE person > 0;

-- One row for a person who asked for a librarian.
CREATE TABLE figure_tickets (
    ticket   bigint PRIMARY KEY,
    day      date NOT NULL,
    person   bigint NOT NULL,
    channel  text NOT NULL CHECK (channel <> ''),
    region   text NOT NULL,
    audience text NOT NULL CHECK (audience IN ('', 'citizen', 'business')),
    service  text NOT NULL,
    waited   integer CHECK (waited >= 0), -- seconds to the first librarian; NULL: nobody took it
    resolved text NOT NULL CHECK (resolved IN ('pending', 'yes', 'no')), -- for good: helped, and not taken up again in seven days
    rating   text NOT NULL CHECK (rating IN ('', 'good', 'bad'))
);
CREATE INDEX figure_tickets_day ON figure_tickets (day);
CREATE INDEX figure_tickets_person ON figure_tickets (person) WHERE person > 0;

-- How far the facts reach back and when they were last brought up to date. One row.
CREATE TABLE figure_state (
    one     boolean PRIMARY KEY DEFAULT true CHECK (one),
    kept_at timestamptz, -- NULL: never, or to be kept anew from the beginning
    whole_at timestamptz -- when the last two months were kept anew
);
INSERT INTO figure_state DEFAULT VALUES;

-- What pages have counted lately, so that nobody waits for a year to be counted again.
CREATE TABLE figure_views (
    cut     text PRIMARY KEY, -- days and filters
    made_at timestamptz NOT NULL,
    figures jsonb NOT NULL
);

-- What is published of a month, as it was published: never counted anew, so that nobody can take one publication from another.
CREATE TABLE figure_months (
    month        date PRIMARY KEY CHECK (extract(day FROM month) = 1),
    published_at timestamptz NOT NULL DEFAULT now(),
    tables       jsonb NOT NULL CHECK (jsonb_typeof(tables) = 'object')
);
