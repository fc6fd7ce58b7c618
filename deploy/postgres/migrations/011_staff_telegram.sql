-- A staff account linked with the same person's Telegram: who may act from there, and where notices for them go.

CREATE TABLE staff_telegram (
    staff     bigint PRIMARY KEY REFERENCES staff ON DELETE CASCADE,
    telegram  bigint NOT NULL UNIQUE, -- the user's id; a private chat with them has the same
    linked_at timestamptz NOT NULL DEFAULT now()
);

-- The code that links them: shown once on the account's page, sent to the bot from Telegram.
CREATE TABLE staff_telegram_codes (
    staff      bigint PRIMARY KEY REFERENCES staff ON DELETE CASCADE, -- a new code replaces the one before
    code_hash  bytea NOT NULL UNIQUE CHECK (length(code_hash) = 32),
    used_by    bigint, -- whose it became: the same message again is answered the same way
    expires_at timestamptz NOT NULL
);
