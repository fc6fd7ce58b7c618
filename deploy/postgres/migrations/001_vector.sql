-- Embeddings live beside the text they stand for. Where the role may not create extensions, an administrator has created it
-- before and this does nothing.
CREATE EXTENSION IF NOT EXISTS vector;
