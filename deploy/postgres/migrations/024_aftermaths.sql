-- What became of it: people who agreed to be asked once, some days after an answer, whether they used the service, whether it worked and
-- whether they would recommend it. One row for a person, for good: nobody is asked a second time.
CREATE TABLE aftermaths (
    contact    bigint PRIMARY KEY REFERENCES contacts ON DELETE CASCADE,
    answer     bigint NOT NULL REFERENCES answers ON DELETE CASCADE,
    service    text NOT NULL CHECK (service <> ''), -- slug of the guide that was shown
    offered_at timestamptz NOT NULL,
    agreed_at  timestamptz, -- NULL: has not said yes
    ask_after  timestamptz, -- not before then; NULL: has not said yes, or has said no since
    asked_at   timestamptz,
    used       text CHECK (used IN ('yes', 'soon', 'no')),
    worked     boolean, -- of who used it
    recommends boolean, -- of who used it
    replied_at timestamptz, -- the last tap
    CHECK (ask_after IS NULL OR agreed_at IS NOT NULL),
    CHECK (asked_at IS NULL OR agreed_at IS NOT NULL),
    CHECK (used IS NULL OR asked_at IS NOT NULL),
    CHECK ((used IS NULL) = (replied_at IS NULL)),
    CHECK (used = 'yes' OR worked IS NULL AND recommends IS NULL)
);
CREATE INDEX aftermaths_due ON aftermaths (ask_after) WHERE asked_at IS NULL AND ask_after IS NOT NULL;
CREATE INDEX aftermaths_answer ON aftermaths (answer);
