-- When the question came to which an outgoing message is the first answer: what people wait is measured where the answer is delivered,
-- on whichever replica that is. NULL: it answers nothing, or was written by a version that didn't know.
ALTER TABLE messages ADD COLUMN asked_at timestamptz;
