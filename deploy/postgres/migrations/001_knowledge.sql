-- Embeddings live beside the text they stand for. Where the role may not create extensions, an administrator has created it
-- before and this does nothing.
CREATE EXTENSION IF NOT EXISTS vector;

-- What people wrote: guides and their versions, sample questions, glossary, signposts, allowed hosts, places, help points, trainings.

-- One counter per topic, raised in the transaction that changes something, so a reader who sees the number sees the change.
CREATE TABLE knowledge_revision (
    topic text PRIMARY KEY CHECK (topic IN ('content', 'places', 'help-points')),
    value bigint NOT NULL DEFAULT 1
);
INSERT INTO knowledge_revision (topic) VALUES ('content'), ('places'), ('help-points');

CREATE FUNCTION raise_knowledge_revision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE knowledge_revision SET value = value + 1 WHERE topic = TG_ARGV[0];
    RETURN NULL;
END $$;

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;

-- What the starter knowledge held when it was last loaded: an item known here is never loaded over an editor's work,
-- nor brought back after somebody removed it.
CREATE TABLE starter_items (
    kind text NOT NULL,
    key  text NOT NULL,
    hash text NOT NULL,
    PRIMARY KEY (kind, key)
);

CREATE TABLE guides (
    slug    text PRIMARY KEY CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(slug) <= 60),
    version integer NOT NULL CHECK (version > 0)
);

-- The whole content of each version, with who published it, when and why. Never changed, never deleted.
CREATE TABLE guide_versions (
    slug           text NOT NULL REFERENCES guides,
    version        integer NOT NULL CHECK (version > 0),
    audience       text NOT NULL CHECK (audience IN ('citizen', 'business', 'both')),
    status         text NOT NULL CHECK (status IN ('active', 'closed')),
    title_english  text NOT NULL,
    link           text NOT NULL CHECK (link ~ '^https?://'),
    identification text[] NOT NULL CHECK (cardinality(identification) > 0 AND identification <@ ARRAY[
        'none', 'kep', 'kep-company', 'pik-nap', 'pik-noi', 'ukd', 'pin-municipality', 'eavt', 'ssev', 'profile', 'code', 'in-person']),
    related        text[] NOT NULL,
    review_by      date,
    origin         text NOT NULL CHECK (origin IN ('starter', 'editor', 'import')),
    published_by   text NOT NULL CHECK (published_by <> ''),
    published_at   timestamptz NOT NULL DEFAULT now(),
    why            text NOT NULL,
    PRIMARY KEY (slug, version)
);
ALTER TABLE guides ADD FOREIGN KEY (slug, version) REFERENCES guide_versions DEFERRABLE INITIALLY DEFERRED;

CREATE TABLE guide_texts (
    slug                text NOT NULL,
    version             integer NOT NULL,
    language            text NOT NULL CHECK (language IN ('bg', 'en')),
    title               text NOT NULL CHECK (title <> ''),
    authority           text NOT NULL CHECK (authority <> ''),
    contact             text NOT NULL,
    summary             text NOT NULL CHECK (summary <> ''),
    who                 text NOT NULL CHECK (who <> ''),
    exceptions          text[] NOT NULL CHECK (cardinality(exceptions) > 0),
    place               text NOT NULL CHECK (place <> ''), -- where, in words
    steps               text[] NOT NULL CHECK (cardinality(steps) > 0),
    identification_note text NOT NULL,
    needed              text[] NOT NULL CHECK (cardinality(needed) > 0),
    fees                jsonb NOT NULL CHECK (jsonb_typeof(fees) = 'array'), -- [{"cents": 1534, "what": "…"}], in euro cents
    fee_note            text NOT NULL,
    duration            text NOT NULL,
    deadlines           text[] NOT NULL,
    good_to_know        text[] NOT NULL,
    names               text[] NOT NULL,
    PRIMARY KEY (slug, version, language),
    FOREIGN KEY (slug, version) REFERENCES guide_versions
);

CREATE TABLE guide_sources (
    slug    text NOT NULL,
    version integer NOT NULL,
    n       integer NOT NULL CHECK (n > 0), -- order, from 1
    url     text NOT NULL CHECK (url ~ '^https?://'),
    title   text NOT NULL,
    seen    date, -- date of the copy that was read; NULL where unknown
    checked date, -- when an editor opened the live page; NULL until then
    PRIMARY KEY (slug, version, n),
    FOREIGN KEY (slug, version) REFERENCES guide_versions
);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON guide_versions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON guide_texts FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON guide_sources FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER revision AFTER INSERT OR UPDATE OR DELETE ON guides
    FOR EACH STATEMENT EXECUTE FUNCTION raise_knowledge_revision('content');

-- Questions with the guides that answer them; no slug: the right outcome is not to answer.
-- Slugs of guides that are not written yet are allowed: the questions wait for them.
CREATE TABLE sample_questions (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    question text NOT NULL UNIQUE CHECK (question <> '' AND length(question) <= 2000),
    expected text[] NOT NULL,
    kind     text NOT NULL CHECK (kind <> ''),
    language text NOT NULL CHECK (language ~ '^[a-z]{2,3}(-[a-z]{4})?$'), -- bg-latn: Bulgarian in Latin letters; und: unknown
    origin   text NOT NULL CHECK (origin IN ('starter', 'editor')),
    added_by text NOT NULL CHECK (added_by <> ''),
    added_at timestamptz NOT NULL DEFAULT now()
);
CREATE TRIGGER revision AFTER INSERT OR UPDATE OR DELETE ON sample_questions
    FOR EACH STATEMENT EXECUTE FUNCTION raise_knowledge_revision('content');

-- Everyday words and abbreviations beside the words that guides use.
CREATE TABLE glossary (
    term    text PRIMARY KEY CHECK (term <> ''),
    meaning text NOT NULL CHECK (meaning <> ''),
    origin  text NOT NULL CHECK (origin IN ('starter', 'editor'))
);
CREATE TRIGGER revision AFTER INSERT OR UPDATE OR DELETE ON glossary
    FOR EACH STATEMENT EXECUTE FUNCTION raise_knowledge_revision('content');

CREATE TABLE signposts (
    title     text PRIMARY KEY CHECK (title <> ''),
    authority text NOT NULL CHECK (authority <> ''),
    link      text NOT NULL CHECK (link ~ '^https?://'),
    names     text[] NOT NULL CHECK (cardinality(names) > 0),
    origin    text NOT NULL CHECK (origin IN ('starter', 'editor'))
);
CREATE TRIGGER revision AFTER INSERT OR UPDATE OR DELETE ON signposts
    FOR EACH STATEMENT EXECUTE FUNCTION raise_knowledge_revision('content');

-- Domains that a link may stand on, with all their subdomains. A removed one stays as a row, so that it shows who removed it.
CREATE TABLE allowed_hosts (
    host       text PRIMARY KEY CHECK (host ~ '^[a-z0-9-]+(\.[a-z0-9-]+)+$'),
    origin     text NOT NULL CHECK (origin IN ('starter', 'editor')),
    changed_by text NOT NULL CHECK (changed_by <> ''),
    changed_at timestamptz NOT NULL DEFAULT now(),
    removed    boolean NOT NULL DEFAULT false
);

CREATE TABLE places (
    ekatte       text PRIMARY KEY CHECK (ekatte ~ '^([0-9]{5}|gn[0-9]{1,10})$'), -- gn…: GeoNames' number, where only that is known
    kind         text NOT NULL CHECK (kind IN ('гр.', 'с.', 'ман.')),
    name         text NOT NULL CHECK (name <> ''),
    name_latin   text NOT NULL,
    municipality text NOT NULL CHECK (municipality <> ''),
    district     text NOT NULL CHECK (district <> '' AND district NOT IN ('София', 'София (столица)')), -- as people say it
    lat          double precision CHECK (lat BETWEEN 41 AND 45), -- NULL where unknown
    lon          double precision CHECK (lon BETWEEN 22 AND 29),
    population   integer CHECK (population >= 0), -- NULL where unknown
    origin       text NOT NULL CHECK (origin IN ('starter', 'import')),
    CHECK ((lat IS NULL) = (lon IS NULL))
);
CREATE TRIGGER revision AFTER INSERT OR UPDATE OR DELETE ON places
    FOR EACH STATEMENT EXECUTE FUNCTION raise_knowledge_revision('places');

-- Weekly opening hours: {"week": [[[540, 1020]], … seven days, Monday first], "exceptions": [{"from", "to", "spans", "reason"}], "holidays": false}.
CREATE FUNCTION spans_valid(spans jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT COALESCE(bool_and(jsonb_array_length(s) = 2 AND (s->>0)::int >= 0 AND (s->>0)::int < (s->>1)::int AND (s->>1)::int <= 1440), true)
    FROM jsonb_array_elements(spans) AS s
$$;
CREATE FUNCTION hours_valid(hours jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_typeof(hours->'week') = 'array' AND jsonb_array_length(hours->'week') = 7
       AND (SELECT bool_and(spans_valid(d)) FROM jsonb_array_elements(hours->'week') AS d)
       AND jsonb_typeof(hours->'holidays') = 'boolean' AND jsonb_typeof(hours->'exceptions') = 'array'
       AND (SELECT COALESCE(bool_and((e->>'from')::text <= (e->>'to')::text AND spans_valid(e->'spans')), true)
            FROM jsonb_array_elements(hours->'exceptions') AS e)
$$;

CREATE TABLE help_points (
    id         text PRIMARY KEY CHECK (id ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(id) <= 40), -- travels in buttons of 64 bytes
    kind       text NOT NULL CHECK (kind IN ('national', 'regional', 'municipal', 'branch', 'chitalishte')),
    name       text NOT NULL CHECK (name <> ''),
    name_key   text NOT NULL CHECK (name_key <> ''), -- the name without case, quotes and «Библиотека при»: one place has it once
    ekatte     text NOT NULL REFERENCES places ON UPDATE CASCADE,
    address    text NOT NULL,
    phone      text NOT NULL,
    email      text NOT NULL,
    site       text NOT NULL CHECK (site = '' OR site ~ '^https?://'),
    lat        double precision CHECK (lat BETWEEN 41 AND 45), -- of the building; NULL where only the settlement is known
    lon        double precision CHECK (lon BETWEEN 22 AND 29),
    hours      jsonb CHECK (hours_valid(hours)), -- NULL where unknown
    offers     text[] NOT NULL CHECK (offers <@ ARRAY[
        'computers', 'wifi', 'printing', 'scanning', 'kep-help', 'training', 'digital-club', 'accessible-entrance', 'large-print', 'turkish', 'roma']),
    source     text NOT NULL,
    origin     text NOT NULL CHECK (origin IN ('starter', 'editor', 'import')),
    changed_by text NOT NULL CHECK (changed_by <> ''),
    changed_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((lat IS NULL) = (lon IS NULL)),
    UNIQUE (ekatte, name_key)
);
CREATE TRIGGER revision AFTER INSERT OR UPDATE OR DELETE ON help_points
    FOR EACH STATEMENT EXECUTE FUNCTION raise_knowledge_revision('help-points');

CREATE TABLE trainings (
    id         text PRIMARY KEY CHECK (id ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(id) <= 60),
    help_point text NOT NULL REFERENCES help_points ON UPDATE CASCADE,
    topic      text NOT NULL CHECK (topic <> ''),
    starts_at  timestamptz NOT NULL,
    places     integer CHECK (places >= 0) -- NULL where unknown or unlimited
);
