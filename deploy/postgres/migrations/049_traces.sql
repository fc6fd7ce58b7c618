-- Where a message, or the question that opened a ticket, was in its trace when it was stored (W3C's traceparent): what becomes of it on another
-- replica goes on from there. Random numbers that say nothing of a person. NULL: it is not traced.
ALTER TABLE messages ADD COLUMN trace text;
ALTER TABLE tickets ADD COLUMN trace text;
