-- Which words stand in which chunk, so that a question reads them from one index alone: a search of chunks' own tsvector
-- spent most of its time on fetching and testing a thousand wide rows.
CREATE TABLE chunk_stems (
    model  integer NOT NULL,
    stem   text COLLATE "C" NOT NULL CHECK (stem <> ''), -- by the analysis of package retrieval
    chunk  bigint NOT NULL REFERENCES chunks ON DELETE CASCADE,
    length smallint NOT NULL CHECK (length > 0), -- how many stems the chunk has
    PRIMARY KEY (model, stem, chunk) INCLUDE (length)
);
CREATE INDEX chunk_stems_chunk ON chunk_stems (chunk);
INSERT INTO chunk_stems (model, stem, chunk, length)
SELECT model, stem, id, length(lexemes) FROM chunks, unnest(tsvector_to_array(lexemes)) AS stem;
ALTER TABLE chunks DROP COLUMN lexemes;
