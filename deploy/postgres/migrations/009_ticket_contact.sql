-- A phone or an e-mail that a person leaves to be called back: encrypted, on the ticket, gone seven days after it closes.
ALTER TABLE tickets
    ADD COLUMN contact      bytea CHECK (octet_length(contact) BETWEEN 30 AND 512), -- sealed by package handoff; the key is not in the database
    ADD COLUMN contact_kind text NOT NULL DEFAULT '' CHECK (contact_kind IN ('', 'phone', 'email')),
    ADD CHECK ((contact IS NULL) = (contact_kind = ''));
CREATE INDEX tickets_contact ON tickets (closed_at) WHERE contact IS NOT NULL;

ALTER TABLE ticket_events
    DROP CONSTRAINT ticket_events_kind_check,
    ADD CONSTRAINT ticket_events_kind_check CHECK (kind IN ('opened', 'claimed', 'returned', 'gone', 'rerouted', 'closed', 'contact', 'contact-gone'));

-- The message in which a contact came says only that one came, and what became of it.
ALTER TABLE messages
    DROP CONSTRAINT messages_kind_check,
    ADD CONSTRAINT messages_kind_check CHECK (kind IN ('text', 'command', 'button', 'location', 'edited', 'contact', 'unsupported', 'too-long', 'reply', 'notice'));
