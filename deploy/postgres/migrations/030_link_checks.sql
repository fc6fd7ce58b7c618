-- The addresses that published guides and signposts send people to, and how each was found when it was last asked for.
CREATE TABLE link_checks (
    url           text PRIMARY KEY,
    host          text NOT NULL,
    due_at        timestamptz NOT NULL DEFAULT now(), -- not before then; while it is being asked for: when somebody else may
    checked_at    timestamptz, -- NULL: not yet
    fault         text NOT NULL DEFAULT '' CHECK (fault IN ('', 'status', 'host', 'title', 'timeout', 'unreachable', 'refused', 'redirects')),
    tries         integer NOT NULL DEFAULT 0 CHECK (tries >= 0), -- in a row that ended with a fault
    broken_since  timestamptz, -- NULL: works, or may only be down for a moment
    status        integer, -- of the last answer
    final_url     text NOT NULL DEFAULT '', -- where redirects led
    title         text NOT NULL DEFAULT '' CHECK (length(title) <= 300), -- of the page, as last seen
    known_title   text NOT NULL DEFAULT '' CHECK (length(known_title) <= 300), -- as first seen, or as an editor took it
    etag          text NOT NULL DEFAULT '',
    last_modified text NOT NULL DEFAULT '',
    accepted_by   text NOT NULL DEFAULT '', -- opaque staff id of who said that it is right so
    accepted_url  text NOT NULL DEFAULT '', -- where redirects may lead
    accepted_status integer -- what the server may say: some send programs away and let people in
);
CREATE INDEX link_checks_due ON link_checks (due_at);
CREATE INDEX link_checks_broken ON link_checks (broken_since) WHERE broken_since IS NOT NULL;

-- When a host may be asked again: one request a second, whoever asks.
CREATE TABLE link_hosts (
    host    text PRIMARY KEY,
    next_at timestamptz NOT NULL
);

-- Where the addresses stand. slug is '' for a signpost.
CREATE VIEW guide_links AS
SELECT g.slug, v.link AS url, 'link' AS part FROM guides g JOIN guide_versions v USING (slug, version)
UNION ALL
SELECT g.slug, s.url, 'source' FROM guides g JOIN guide_sources s USING (slug, version)
UNION ALL
SELECT g.slug, l ->> 'link', 'local' FROM guides g JOIN guide_versions v USING (slug, version), jsonb_array_elements(v.local) l WHERE l ->> 'link' <> ''
UNION ALL
SELECT '', p.link, 'signpost' FROM signposts p;
