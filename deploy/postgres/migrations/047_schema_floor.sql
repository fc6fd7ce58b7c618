-- Which programs may use this database: while a newer one rolls out, and where an operator goes back to the one before. A migration that
-- takes away what an earlier program uses raises it, to the number of the last migration that the first program without that use knows.
CREATE TABLE schema_floor (
    one    boolean PRIMARY KEY DEFAULT true CHECK (one),
    oldest integer NOT NULL CHECK (oldest > 0) -- migrations that a program knows at least
);
INSERT INTO schema_floor (oldest) VALUES (47);
