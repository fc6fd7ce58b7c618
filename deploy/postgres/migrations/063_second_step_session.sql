-- A secret that waits for its first code belongs to the session that asked for it: in another of the account's sessions, which may be stolen, it is
-- neither shown nor confirmed.
ALTER TABLE staff_second_steps ADD COLUMN session bigint REFERENCES staff_sessions ON DELETE SET NULL; -- NULL: of no session that still lives
