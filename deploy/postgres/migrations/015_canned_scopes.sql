-- Ready answers have an owner: one librarian, everybody of a library, or all.
ALTER TABLE canned_answers
    ADD COLUMN scope      text NOT NULL DEFAULT 'shared' CHECK (scope IN ('own', 'library', 'shared')),
    ADD COLUMN owner      bigint REFERENCES staff ON DELETE CASCADE,
    ADD COLUMN help_point text REFERENCES help_points (id) ON UPDATE CASCADE ON DELETE CASCADE,
    ADD CHECK ((scope = 'own') = (owner IS NOT NULL)),
    ADD CHECK ((scope = 'library') = (help_point IS NOT NULL)),
    DROP CONSTRAINT canned_answers_language_title_key;
CREATE UNIQUE INDEX canned_answers_name ON canned_answers (language, title, scope, coalesce(owner, 0), coalesce(help_point, ''));
CREATE INDEX canned_answers_owner ON canned_answers (owner) WHERE owner IS NOT NULL;
CREATE INDEX canned_answers_help_point ON canned_answers (help_point) WHERE help_point IS NOT NULL;
