-- Who signs in with an outside provider (OpenID Connect), by what the provider calls the person for ever.

CREATE TABLE staff_identities (
    issuer    text NOT NULL CHECK (length(issuer) BETWEEN 1 AND 500),
    subject   text NOT NULL CHECK (length(subject) BETWEEN 1 AND 255),
    staff     bigint NOT NULL REFERENCES staff ON DELETE CASCADE,
    linked_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (issuer, subject),
    UNIQUE (staff, issuer)
);
