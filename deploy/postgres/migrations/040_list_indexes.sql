-- The lists of thousands of guides. The dates of all guides are read together: to probe the sources and the checks of each by itself took
-- twice as long, and no page asks for those of one. What lists are narrowed by stands beside them, so that nothing is joined twice.
CREATE OR REPLACE VIEW guide_ages AS
SELECT g.slug, g.version, coalesce(r.review_by, v.review_by) AS review_by, o.checked, v.status, v.municipality, v.published_at
FROM guides g JOIN guide_versions v USING (slug, version)
    LEFT JOIN (
        SELECT DISTINCT ON (slug, version) slug, version, review_by FROM guide_reviews ORDER BY slug, version, id DESC
    ) r USING (slug, version)
    LEFT JOIN (
        SELECT s.slug, s.version, max(greatest(s.checked, c.checked_on)) AS checked
        FROM guide_sources s LEFT JOIN (SELECT slug, url, max(checked_on) AS checked_on FROM source_checks GROUP BY slug, url) c USING (slug, url)
        WHERE (s.slug, s.version) IN (SELECT slug, version FROM guides)
        GROUP BY s.slug, s.version
    ) o USING (slug, version);

-- A list is ordered by titles without reading the texts.
CREATE INDEX guide_texts_title ON guide_texts (slug, version) INCLUDE (title) WHERE language = 'bg';
