-- The editors' work list: what people couldn't find or were told wrongly, the same problem in different words together. Items point
-- at what was asked, rated, closed or reported and copy none of its words: what is erased or too old there is gone here too.
CREATE SEQUENCE problem_revisions;
CREATE TABLE problems (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    guide       text NOT NULL DEFAULT '', -- slug of the guide that is wrong; '' where no guide answers
    title       text NOT NULL DEFAULT '' CHECK (length(title) <= 200), -- in an editor's words, masked; '': the example speaks for it
    state       text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'working', 'fixed', 'aside', 'merged')),
    remedy      text NOT NULL DEFAULT '' CHECK (remedy IN ('', 'draft', 'sample', 'name')),
    fix         text NOT NULL DEFAULT '', -- slug of the guide that answers it now, or will once it is published
    fix_version integer NOT NULL DEFAULT 0, -- of that guide, published when the remedy was begun
    reason      text NOT NULL DEFAULT '' CHECK (length(reason) <= 1000), -- why it was set aside, masked
    merged_into bigint REFERENCES problems,
    near        bigint[] NOT NULL DEFAULT '{}', -- problems that are most like it, the nearest first
    example     bigint, -- answer whose question speaks for it
    people      integer NOT NULL DEFAULT 0, -- distinct contacts of the last thirty days; this and the next five are kept by a job
    items       integer NOT NULL DEFAULT 0, -- of the last thirty days
    recent      integer NOT NULL DEFAULT 0, -- distinct contacts of the last seven days
    earlier     integer NOT NULL DEFAULT 0, -- and of the seven days before
    first_at    timestamptz NOT NULL,
    last_at     timestamptz NOT NULL,
    counted_at  timestamptz,
    changed_at  timestamptz NOT NULL DEFAULT now(), -- by an editor
    changed_by  bigint REFERENCES staff, -- NULL: the program
    fixed_at    timestamptz,
    revision    bigint NOT NULL DEFAULT nextval('problem_revisions'), -- rises with each change that grouping must hear of; 0: as grouping itself left it
    CHECK ((state = 'merged') = (merged_into IS NOT NULL)),
    CHECK ((state = 'fixed') = (fixed_at IS NOT NULL)),
    CHECK (state <> 'aside' OR reason <> ''),
    CHECK (state NOT IN ('working', 'fixed') OR remedy <> '')
);
CREATE INDEX problems_list ON problems (state, people DESC, items DESC, id DESC);
CREATE INDEX problems_guide ON problems (guide) WHERE guide <> '';
CREATE INDEX problems_fix ON problems (fix) WHERE fix <> '';
CREATE INDEX problems_revision ON problems (revision);
CREATE INDEX problems_last ON problems (last_at);

-- «This is wrong», said under an answer or on a guide's own page for it.
CREATE TABLE problem_reports (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    guide    text NOT NULL CHECK (guide <> ''), -- slug
    version  integer NOT NULL, -- that was shown
    answer   bigint REFERENCES answers ON DELETE SET NULL, -- under which it was said; NULL: on the guide's page
    contact  bigint REFERENCES contacts ON DELETE CASCADE,
    part     text NOT NULL DEFAULT '' CHECK (part IN ('', 'fee', 'time', 'link', 'contact', 'steps', 'who', 'gone', 'other')),
    official boolean NOT NULL DEFAULT false, -- says to write for an administration
    text     text NOT NULL DEFAULT '' CHECK (length(text) <= 2000), -- masked; emptied thirty days after
    at       timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX problem_reports_contact ON problem_reports (contact, at) WHERE contact IS NOT NULL;
CREATE INDEX problem_reports_text ON problem_reports (at) WHERE text <> '';

CREATE TABLE problem_items (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    problem bigint NOT NULL REFERENCES problems,
    source  text NOT NULL CHECK (source IN ('unanswered', 'rating', 'closing', 'report', 'again', 'told')), -- again: asked after the fix, and answered by it; told: the answer that who wanted to hear was told of
    answer  bigint REFERENCES answers ON DELETE CASCADE,
    task    bigint UNIQUE REFERENCES guide_tasks ON DELETE CASCADE,
    report  bigint UNIQUE REFERENCES problem_reports ON DELETE CASCADE,
    contact bigint REFERENCES contacts ON DELETE SET NULL, -- NULL: nobody's, as the public API's, or of somebody who is forgotten
    at      timestamptz NOT NULL,
    CHECK ((source = 'closing') = (task IS NOT NULL)),
    CHECK ((source = 'report') = (report IS NOT NULL)),
    CHECK (source IN ('closing', 'report') OR answer IS NOT NULL)
);
CREATE INDEX problem_items_problem ON problem_items (problem, at DESC);
CREATE INDEX problem_items_at ON problem_items (at);
CREATE INDEX problem_items_contact ON problem_items (contact) WHERE contact IS NOT NULL;
CREATE UNIQUE INDEX problem_items_answer ON problem_items (answer) WHERE source IN ('unanswered', 'again', 'told');
CREATE UNIQUE INDEX problem_items_rating ON problem_items (answer, contact) WHERE source = 'rating';

-- How far the collecting has come. One row.
CREATE TABLE problem_cursor (
    one    boolean PRIMARY KEY DEFAULT true CHECK (one),
    answer bigint NOT NULL DEFAULT 0 -- id of the newest answer that was looked at
);
INSERT INTO problem_cursor DEFAULT VALUES;

-- Who wants to hear when a question of theirs has an answer. They said so once for each question; the row goes once they are told.
CREATE TABLE problem_hearers (
    answer  bigint PRIMARY KEY REFERENCES answers ON DELETE CASCADE,
    contact bigint NOT NULL REFERENCES contacts ON DELETE CASCADE,
    at      timestamptz NOT NULL DEFAULT now(),
    tried   timestamptz -- when the fix was last asked their question and did not answer it
);
CREATE INDEX problem_hearers_contact ON problem_hearers (contact);
