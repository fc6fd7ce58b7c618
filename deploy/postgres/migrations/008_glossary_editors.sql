-- Editors own the glossary and the signposts: who changed each last, and when.
ALTER TABLE glossary
    ADD COLUMN changed_by text NOT NULL DEFAULT 'starter' CHECK (changed_by <> ''),
    ADD COLUMN changed_at timestamptz NOT NULL DEFAULT now();
ALTER TABLE signposts
    ADD COLUMN changed_by text NOT NULL DEFAULT 'starter' CHECK (changed_by <> ''),
    ADD COLUMN changed_at timestamptz NOT NULL DEFAULT now();
