-- Whether somebody's question could not be asked once more: after a fault it is tried again soon, not a day later.
ALTER TABLE problem_hearers ADD COLUMN failed boolean NOT NULL DEFAULT false;
