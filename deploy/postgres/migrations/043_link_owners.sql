-- Whose each address is: the municipality of a guide, the municipality that a door names. Asked for with the address, for each of thousands
-- of addresses, it took minutes.
CREATE OR REPLACE VIEW guide_links AS
SELECT g.slug, v.link AS url, 'link' AS part, v.municipality, '' AS door FROM guides g JOIN guide_versions v USING (slug, version)
UNION ALL
SELECT g.slug, s.url, 'source', v.municipality, '' FROM guides g JOIN guide_versions v USING (slug, version) JOIN guide_sources s USING (slug, version)
UNION ALL
SELECT g.slug, l ->> 'link', 'local', v.municipality, regexp_replace(trim(l ->> 'municipality'), '\s*,\s*', ', ')
FROM guides g JOIN guide_versions v USING (slug, version), jsonb_array_elements(v.local) l WHERE l ->> 'link' <> ''
UNION ALL
SELECT g.slug, p.url, p.part, v.municipality, '' FROM guides g JOIN guide_versions v USING (slug, version) JOIN guide_prose_links p USING (slug, version)
UNION ALL
SELECT '', p.link, 'signpost', '', '' FROM signposts p;
