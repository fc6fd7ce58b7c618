-- The addresses in what a version says in sentences: people are sent there too.
CREATE TABLE guide_prose_links (
    slug    text NOT NULL,
    version integer NOT NULL,
    part    text NOT NULL CHECK (part ~ '^text\.(bg|en)\.'), -- field that it stands in: «text.bg.steps»
    url     text NOT NULL CHECK (url ~ '^https?://'),
    FOREIGN KEY (slug, version) REFERENCES guide_versions
);
CREATE INDEX guide_prose_links_of ON guide_prose_links (slug, version);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON guide_prose_links FOR EACH ROW EXECUTE FUNCTION refuse_change();

INSERT INTO guide_prose_links (slug, version, part, url)
SELECT DISTINCT t.slug, t.version, 'text.' || t.language || '.' || p.part, rtrim(m[1], '.,;:!?)»“')
FROM guides g JOIN guide_texts t USING (slug, version), LATERAL (VALUES
    ('summary', t.summary), ('who', t.who), ('where', t.place), ('identification_note', t.identification_note), ('fee_note', t.fee_note), ('contact', t.contact),
    ('exceptions', array_to_string(t.exceptions, E'\n')), ('steps', array_to_string(t.steps, E'\n')), ('needed', array_to_string(t.needed, E'\n')),
    ('deadlines', array_to_string(t.deadlines, E'\n')), ('good_to_know', array_to_string(t.good_to_know, E'\n'))) AS p(part, words),
    regexp_matches(p.words, 'https?://[^\s<>"»“]+', 'g') AS m
WHERE t.language IN ('bg', 'en');

CREATE OR REPLACE VIEW guide_links AS
SELECT g.slug, v.link AS url, 'link' AS part FROM guides g JOIN guide_versions v USING (slug, version)
UNION ALL
SELECT g.slug, s.url, 'source' FROM guides g JOIN guide_sources s USING (slug, version)
UNION ALL
SELECT g.slug, l ->> 'link', 'local' FROM guides g JOIN guide_versions v USING (slug, version), jsonb_array_elements(v.local) l WHERE l ->> 'link' <> ''
UNION ALL
SELECT g.slug, p.url, p.part FROM guides g JOIN guide_prose_links p USING (slug, version)
UNION ALL
SELECT '', p.link, 'signpost' FROM signposts p;
