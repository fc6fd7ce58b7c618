-- Who wanted to hear back is told the answer when there is one. It is kept, so that it can be rated, but nobody asked it then.
ALTER TABLE answers ADD COLUMN unasked boolean NOT NULL DEFAULT false;
