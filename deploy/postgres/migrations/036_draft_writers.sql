-- Everybody who wrote: a draft may pass through several hands, and none of them is the second editor who reads it.
ALTER TABLE guide_drafts ADD COLUMN writers text[] NOT NULL DEFAULT '{}'; -- opaque staff ids of who changed the text since the draft was begun
UPDATE guide_drafts SET writers = ARRAY(SELECT DISTINCT unnest(ARRAY[begun_by, changed_by]));

ALTER TABLE guide_versions ALTER COLUMN written_by DROP DEFAULT;
ALTER TABLE guide_versions ALTER COLUMN written_by TYPE text[] USING CASE written_by WHEN '' THEN '{}' ELSE ARRAY[written_by] END;
ALTER TABLE guide_versions ALTER COLUMN written_by SET DEFAULT '{}';
