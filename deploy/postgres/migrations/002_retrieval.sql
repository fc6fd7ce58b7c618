-- Chunks, the index cursor, learned weights and answers given come here with package retrieval.
SELECT 1;
