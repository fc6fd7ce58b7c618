-- What came after a problem was fixed is kept counted, like who met it: a list of fixed problems reads it for each of them.
ALTER TABLE problems
    ADD COLUMN asked    integer NOT NULL DEFAULT 0, -- since fixed_at, answered by the fix or not; this and the next four are kept by the job that counts people
    ADD COLUMN answered integer NOT NULL DEFAULT 0, -- of them, by the fix
    ADD COLUMN good     integer NOT NULL DEFAULT 0, -- ratings of those answers
    ADD COLUMN bad      integer NOT NULL DEFAULT 0,
    ADD COLUMN told     integer NOT NULL DEFAULT 0; -- people who wanted to hear
UPDATE problems SET counted_at = NULL WHERE state = 'fixed';
CREATE INDEX problem_items_cases ON problem_items (problem, at DESC) WHERE source NOT IN ('again', 'told');
CREATE INDEX feedback_time ON feedback (updated_at);
