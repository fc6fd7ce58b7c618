-- What can take an account over asks the one who acts for a code or a password; for a few minutes their session needs no other.
ALTER TABLE staff_sessions ADD COLUMN proved_at timestamptz; -- NULL: not since it began
