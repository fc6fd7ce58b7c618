-- Who opened which of a guide's sources live, and when. It holds for the versions to come too.
CREATE TABLE source_checks (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    slug       text NOT NULL REFERENCES guides,
    url        text NOT NULL CHECK (url ~ '^https?://'),
    checked_on date NOT NULL, -- in Europe/Sofia
    checked_by text NOT NULL CHECK (checked_by <> ''),
    checked_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX source_checks_of ON source_checks (slug, url, checked_on DESC);

-- Who read a published version against its sources and found that it still holds, and until when that is good.
CREATE TABLE guide_reviews (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    slug        text NOT NULL,
    version     integer NOT NULL,
    review_by   date NOT NULL,
    reviewed_by text NOT NULL CHECK (reviewed_by <> ''),
    reviewed_at timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (slug, version) REFERENCES guide_versions
);
CREATE INDEX guide_reviews_of ON guide_reviews (slug, version, id DESC);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON source_checks FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON guide_reviews FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- What is published, as it stands after those: the date for the next reading, and when a source was last opened (NULL: never).
CREATE VIEW guide_ages AS
SELECT g.slug, g.version,
    coalesce((SELECT r.review_by FROM guide_reviews r WHERE r.slug = g.slug AND r.version = g.version ORDER BY r.id DESC LIMIT 1), v.review_by) AS review_by,
    (SELECT max(greatest(s.checked, (SELECT max(c.checked_on) FROM source_checks c WHERE c.slug = s.slug AND c.url = s.url)))
     FROM guide_sources s WHERE s.slug = g.slug AND s.version = g.version) AS checked
FROM guides g JOIN guide_versions v USING (slug, version);

-- These change how an answer is shown and nothing that is learned from: a counter of their own.
ALTER TABLE knowledge_revision DROP CONSTRAINT knowledge_revision_topic_check;
ALTER TABLE knowledge_revision ADD CONSTRAINT knowledge_revision_topic_check CHECK (topic IN ('content', 'places', 'help-points', 'checks'));
INSERT INTO knowledge_revision (topic) VALUES ('checks');
CREATE TRIGGER revision AFTER INSERT OR UPDATE OR DELETE ON source_checks
    FOR EACH STATEMENT EXECUTE FUNCTION raise_knowledge_revision('checks');
CREATE TRIGGER revision AFTER INSERT OR UPDATE OR DELETE ON guide_reviews
    FOR EACH STATEMENT EXECUTE FUNCTION raise_knowledge_revision('checks');
CREATE TRIGGER revision AFTER INSERT OR UPDATE OR DELETE ON editing_rules
    FOR EACH STATEMENT EXECUTE FUNCTION raise_knowledge_revision('checks');
