-- An editor who reads a draft may give it back with a word for who wrote it.
ALTER TABLE guide_drafts
    ADD COLUMN returned_by   text NOT NULL DEFAULT '', -- opaque staff id; '' where it was not given back since it was last sent
    ADD COLUMN returned_word text NOT NULL DEFAULT '' CHECK (length(returned_word) <= 2000); -- masked
