-- The words of questions that belong to nobody go after a while. Each hour's look for them, and for the oldest that are left, read every answer from the
-- oldest on whose words were gone or that belongs to a conversation: most of a large table, to find nothing. Those whose time isn't over are all that this
-- index holds.
---- tern: disable-tx ----
DROP INDEX CONCURRENTLY IF EXISTS answers_of_nobody;
CREATE INDEX CONCURRENTLY answers_of_nobody ON answers (answered_at) WHERE conversation IS NULL AND question <> '';
