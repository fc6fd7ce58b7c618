-- Files of guides that an editor has read in and looks at before they are taken. They are gone a day later.
CREATE TABLE guide_imports (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name     text NOT NULL CHECK (length(name) <= 200), -- of the file
    how      text NOT NULL CHECK (how IN ('publish', 'review', 'draft')),
    guides   jsonb NOT NULL CHECK (jsonb_typeof(guides) = 'array'), -- read and masked
    begun_by text NOT NULL CHECK (begun_by <> ''), -- opaque staff id
    begun_at timestamptz NOT NULL DEFAULT now()
);
