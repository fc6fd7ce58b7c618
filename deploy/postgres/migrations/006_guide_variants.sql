-- A guide may have a door of its own in single municipalities, a successor where its service is closed, a sentence that tells it
-- from a guide of the same everyday name, and old names that people still ask for.
ALTER TABLE guide_versions
    ADD COLUMN apart       jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(apart) = 'array'), -- [{"slug", "how": {"bg", "en"}}]
    ADD COLUMN replaced_by text  NOT NULL DEFAULT '' CHECK (replaced_by = '' OR status = 'closed'), -- a slug
    ADD COLUMN local       jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(local) = 'array'); -- [{"municipality", "link", "contact", "note": {"bg", "en"}}]
ALTER TABLE guide_texts
    ADD COLUMN formerly text[] NOT NULL DEFAULT '{}';
