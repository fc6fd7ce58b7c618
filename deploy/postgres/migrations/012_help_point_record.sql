-- A help point's whole record: what it belongs to, how exactly its position is known, which languages are spoken, who confirmed it and when.
-- «phone» lists several as «02 1; 02 2», as files do. version rises with each change, so that nobody overwrites what they haven't seen.
ALTER TABLE help_points
    ADD COLUMN branch_of    text REFERENCES help_points ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED CHECK (branch_of <> id),
    ADD COLUMN accuracy     text NOT NULL DEFAULT 'settlement' CHECK (accuracy IN ('building', 'street', 'settlement')), -- of the position
    ADD COLUMN languages    text[] NOT NULL DEFAULT '{}' CHECK (languages <@ ARRAY[
        'en', 'tr', 'rom', 'ru', 'uk', 'de', 'fr', 'es', 'it', 'el', 'ro', 'sr', 'mk', 'hy', 'ar', 'bqn']), -- spoken beside Bulgarian, ISO 639; bqn: Bulgarian sign language
    ADD COLUMN confirmed_at timestamptz, -- NULL until somebody who works there said that all of it is right
    ADD COLUMN confirmed_by text CHECK (confirmed_by <> ''),
    ADD COLUMN own_fields   text[] NOT NULL DEFAULT '{}', -- what people at the desk wrote or confirmed: no file overwrites it
    ADD COLUMN version      integer NOT NULL DEFAULT 1,
    ADD CHECK ((confirmed_at IS NULL) = (confirmed_by IS NULL));

UPDATE help_points SET accuracy = 'building' WHERE lat IS NOT NULL;
ALTER TABLE help_points ADD CHECK ((accuracy = 'settlement') = (lat IS NULL));

-- Languages were offers; help is said for each way to identify oneself.
UPDATE help_points SET
    languages = array_remove(ARRAY[CASE WHEN 'turkish' = ANY(offers) THEN 'tr' END, CASE WHEN 'roma' = ANY(offers) THEN 'rom' END], NULL),
    offers = array_remove(array_remove(offers, 'turkish'), 'roma')
WHERE offers && ARRAY['turkish', 'roma'];
ALTER TABLE help_points
    DROP CONSTRAINT help_points_offers_check,
    ADD CONSTRAINT help_points_offers_check CHECK (offers <@ ARRAY[
        'computers', 'wifi', 'printing', 'scanning', 'kep-help', 'pik-help', 'eavt-help', 'training', 'digital-club', 'accessible-entrance', 'accessible-toilet', 'large-print']);

CREATE FUNCTION raise_help_point_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version := OLD.version + 1;
    RETURN NEW;
END $$;
CREATE TRIGGER version BEFORE UPDATE ON help_points FOR EACH ROW EXECUTE FUNCTION raise_help_point_version();

-- Under which number a help point stands in registers and maps of others, and what they said of it last: where ours is still what they
-- said, their newer word is taken; where it is not, ours stays.
CREATE TABLE help_point_sources (
    source     text NOT NULL CHECK (source ~ '^[a-z0-9-]{1,20}$'), -- «osm», «chitalishta»
    key        text NOT NULL CHECK (key <> '' AND length(key) <= 80), -- «node/123»
    help_point text NOT NULL REFERENCES help_points ON UPDATE CASCADE ON DELETE CASCADE,
    said       jsonb NOT NULL CHECK (jsonb_typeof(said) = 'object'),
    PRIMARY KEY (source, key)
);
CREATE INDEX help_point_sources_help_point ON help_point_sources (help_point);
