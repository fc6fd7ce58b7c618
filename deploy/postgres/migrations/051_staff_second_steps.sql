-- The second step of signing in: a code of the person's own phone (RFC 6238) after the password.

CREATE TABLE staff_second_steps (
    staff      bigint PRIMARY KEY REFERENCES staff ON DELETE CASCADE,
    secret     bytea NOT NULL, -- sealed with the secret key
    on_since   timestamptz, -- NULL until the first code has come
    last_step  bigint NOT NULL DEFAULT 0, -- the half minute of the last code that was taken: none is taken twice
    created_at timestamptz NOT NULL DEFAULT now()
);

-- They stand in for a lost phone, each once.
CREATE TABLE staff_recovery_codes (
    staff     bigint NOT NULL REFERENCES staff ON DELETE CASCADE,
    code_hash bytea NOT NULL CHECK (length(code_hash) = 32),
    PRIMARY KEY (staff, code_hash)
);

-- A sign-in whose first step was right and which waits for the second. The token itself is only in the cookie of that browser.
CREATE TABLE staff_half_sessions (
    token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    staff      bigint NOT NULL REFERENCES staff ON DELETE CASCADE,
    expires_at timestamptz NOT NULL
);
CREATE INDEX staff_half_sessions_staff ON staff_half_sessions (staff);

-- What the administrators have decided about signing in: one row.
CREATE TABLE staff_rules (
    only_row          boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    second_step_roles text[] NOT NULL DEFAULT '{}' CHECK (second_step_roles <@ ARRAY['librarian', 'supervisor', 'editor', 'admin'])
);
INSERT INTO staff_rules DEFAULT VALUES;
