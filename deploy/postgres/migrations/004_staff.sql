-- Accounts of librarians and editors, their sessions and one-time links, limits on signing in, and the audit log.

CREATE TABLE staff (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email         text NOT NULL UNIQUE CHECK (email = lower(email) AND email LIKE '_%@_%' AND length(email) <= 254),
    name          text NOT NULL CHECK (length(name) BETWEEN 1 AND 80), -- people read it: «Мария, Библиотека Враца»
    roles         text[] NOT NULL CHECK (cardinality(roles) > 0 AND roles <@ ARRAY['librarian', 'supervisor', 'editor', 'admin']),
    municipality  text NOT NULL DEFAULT '', -- limits an editor; '' is no limit
    active        boolean NOT NULL DEFAULT true,
    password_hash text, -- PHC string; NULL until an invitation is accepted
    created_at    timestamptz NOT NULL DEFAULT now(),
    CHECK (municipality = '' OR 'editor' = ANY (roles))
);

-- The libraries that an account serves. A librarian with none serves the national pool.
CREATE TABLE staff_libraries (
    staff      bigint NOT NULL REFERENCES staff ON DELETE CASCADE,
    help_point text NOT NULL REFERENCES help_points (id) ON UPDATE CASCADE,
    PRIMARY KEY (staff, help_point)
);
CREATE INDEX staff_libraries_help_point ON staff_libraries (help_point);

CREATE TABLE staff_sessions (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    token_hash bytea NOT NULL UNIQUE CHECK (length(token_hash) = 32), -- SHA-256; the token itself is only in the cookie
    staff      bigint NOT NULL REFERENCES staff ON DELETE CASCADE,
    agent      text NOT NULL DEFAULT '' CHECK (length(agent) <= 80),
    created_at timestamptz NOT NULL DEFAULT now(),
    seen_at    timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX staff_sessions_staff ON staff_sessions (staff);

CREATE TABLE staff_links (
    token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    purpose    text NOT NULL CHECK (purpose IN ('first-admin', 'invitation', 'reset')),
    staff      bigint REFERENCES staff ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    CHECK ((purpose = 'first-admin') = (staff IS NULL))
);

-- Tries to sign in, counted in the database and not in Redis: a wiped Redis must not give a guesser a fresh start.
CREATE TABLE staff_sign_in_tries (
    key      bytea PRIMARY KEY, -- SHA-256 of what is limited, so that no address or mistyped e-mail is kept
    tries    int NOT NULL CHECK (tries >= 0),
    since    timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE audit_log (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      timestamptz NOT NULL DEFAULT now(),
    staff   bigint REFERENCES staff, -- NULL: the terminal, the program itself, or nobody signed in
    verb    text NOT NULL CHECK (verb <> ''),
    subject text NOT NULL DEFAULT '',
    detail  jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_log_staff ON audit_log (staff, id DESC);
CREATE INDEX audit_log_verb ON audit_log (verb text_pattern_ops, id DESC);

CREATE FUNCTION audit_log_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is only written, never changed';
END
$$;
CREATE TRIGGER audit_log_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION audit_log_stays();
