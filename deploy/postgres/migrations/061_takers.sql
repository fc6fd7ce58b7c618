-- Which process has taken a row: what a process that died had in its hands goes on at once, and not only when its time is over. The number is
-- one of a process that is present (an advisory lock, see postgres.Presence); a program that doesn't know of it takes without one. The taker is
-- the one that is written here only while the row's time (deliver_after, leased_until) is still what that one wrote.
ALTER TABLE conversations ADD COLUMN leaser integer;
ALTER TABLE messages ADD COLUMN taker integer, ADD COLUMN taken_until timestamptz;
ALTER TABLE group_updates ADD COLUMN taker integer, ADD COLUMN taken_until timestamptz;
ALTER TABLE telegram_groups ADD COLUMN taker integer, ADD COLUMN taken_until timestamptz;
