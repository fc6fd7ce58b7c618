-- An address of any length can be kept and looked up: one that was published before addresses were bounded stopped all checking, because it
-- was longer than a row of a B-tree may be. A hash index keeps none of the address.
ALTER TABLE link_checks DROP CONSTRAINT link_checks_pkey;
ALTER TABLE link_checks ADD CONSTRAINT link_checks_url EXCLUDE USING hash (url WITH =);
DROP INDEX source_checks_of;
CREATE INDEX source_checks_of ON source_checks (slug, checked_on DESC);

-- Addresses that are too long to be published now count as broken.
ALTER TABLE link_checks DROP CONSTRAINT link_checks_fault_check;
ALTER TABLE link_checks ADD CONSTRAINT link_checks_fault_check CHECK (fault IN ('', 'status', 'host', 'title', 'timeout', 'unreachable', 'refused', 'redirects', 'long'));

-- The checker takes a host's addresses one after the other.
CREATE INDEX link_checks_host ON link_checks (host, due_at);
