-- What was asked before an answer in its conversation is found without sorting the whole conversation.
CREATE INDEX answers_in_conversations ON answers (conversation, id) WHERE conversation IS NOT NULL;
DROP INDEX answers_conversation;
