-- Browsers in which an account has signed in: guesses from elsewhere don't count against them. And failed tries wait longer each time.

CREATE TABLE staff_devices (
    token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32), -- the token itself is only in the cookie
    staff      bigint NOT NULL REFERENCES staff ON DELETE CASCADE,
    seen_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX staff_devices_staff ON staff_devices (staff);

ALTER TABLE staff_sign_in_tries ADD COLUMN until timestamptz; -- the next try waits until then; NULL: it needn't
