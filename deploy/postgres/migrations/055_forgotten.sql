-- Who was forgotten, by the number that the contact had and when it was made: after a backup is restored they are forgotten again. Nothing of
-- the person stands here, and the number leads nowhere once the contact is gone.
CREATE TABLE forgotten (
    contact      bigint PRIMARY KEY,
    created_at   timestamptz NOT NULL, -- of the contact: numbers are given anew after a restore
    forgotten_at timestamptz NOT NULL
);
CREATE INDEX forgotten_time ON forgotten (forgotten_at);
