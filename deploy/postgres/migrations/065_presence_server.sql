-- The run of the database's server (when it started, and its timeline) in which some process was present for long enough that every living one had
-- time to come as well: a process that starts later waits for them no more. One row; see postgres.Presence.
CREATE TABLE presence_server (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    run      text NOT NULL DEFAULT '' -- '': of none yet
);
INSERT INTO presence_server DEFAULT VALUES;
