-- How often the database broke off a step of a conversation since the last one that was saved: one that always breaks it is not tried without end.
ALTER TABLE conversations ADD COLUMN breaks smallint NOT NULL DEFAULT 0;
