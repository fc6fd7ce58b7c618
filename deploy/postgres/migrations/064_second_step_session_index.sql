-- Sessions end often, and each end looks for the secrets that waited in it.
---- tern: disable-tx ----
DROP INDEX CONCURRENTLY IF EXISTS staff_second_steps_session;
CREATE INDEX CONCURRENTLY staff_second_steps_session ON staff_second_steps (session);
