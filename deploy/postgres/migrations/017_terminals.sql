-- People at a terminal in a library, and codes to take a conversation along.

ALTER TABLE contacts
    ADD COLUMN library     text REFERENCES help_points (id) ON UPDATE CASCADE ON DELETE SET NULL, -- at whose terminal they sat down
    ADD COLUMN terminal_at timestamptz, -- the terminal's last sign of life; NULL: a device of their own
    ADD COLUMN left_at     timestamptz, -- they left the terminal while a ticket was open
    ADD CHECK (terminal_at IS NULL OR left_at IS NULL);
CREATE INDEX contacts_library ON contacts (library) WHERE library IS NOT NULL;
CREATE INDEX contacts_terminal ON contacts (id) WHERE terminal_at IS NOT NULL OR left_at IS NOT NULL; -- looked for twice a minute

-- One code a conversation, in two forms; the row goes with its use. Only hashes are kept.
CREATE TABLE conversation_codes (
    conversation bigint PRIMARY KEY REFERENCES conversations ON DELETE CASCADE,
    link         bytea NOT NULL UNIQUE CHECK (octet_length(link) = 32),
    typed        bytea NOT NULL UNIQUE CHECK (octet_length(typed) = 32),
    expires_at   timestamptz NOT NULL
);

-- Wrong codes that were typed, by hashed address and contact, for as long as a code lives.
CREATE TABLE code_tries (
    trier    bytea NOT NULL CHECK (octet_length(trier) = 32),
    tried_at timestamptz NOT NULL
);
CREATE INDEX code_tries_trier ON code_tries (trier, tried_at);
