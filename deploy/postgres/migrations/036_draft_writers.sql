-- Everybody who wrote: a draft may pass through several hands, and none of them is the second editor who reads it.
ALTER TABLE guide_drafts
    ADD COLUMN writers    text[] NOT NULL DEFAULT '{}', -- opaque staff ids of who changed the text since the draft was begun, in the order of their first change
    ADD COLUMN writers_at timestamptz; -- changed_at of the save that noted them; else a program that doesn't note them has saved the draft since

-- The writers as far as they are known: where they were not noted, who began the draft and who changed it last count too.
ALTER TABLE guide_drafts ADD COLUMN hands text[] NOT NULL GENERATED ALWAYS AS (
    CASE WHEN writers_at = changed_at THEN writers
         WHEN changed_by = ANY (begun_by || writers) THEN begun_by || array_remove(writers, begun_by)
         ELSE begun_by || array_remove(writers, begun_by) || changed_by END) STORED;

-- Beside written_by, which the program before this one reads and writes while the new one rolls out.
ALTER TABLE guide_versions ADD COLUMN writers text[] NOT NULL DEFAULT '{}'; -- none: written_by alone, where that is known
