-- What waits for delivery is taken oldest first. Telegram takes some twenty-five messages a second: where more are answered, thousands wait, and to find
-- the oldest of them all were read each time.
---- tern: disable-tx ----
DROP INDEX CONCURRENTLY IF EXISTS messages_pending_order;
CREATE INDEX CONCURRENTLY messages_pending_order ON messages (id) WHERE sender <> 'person' AND NOT pulled AND delivered_at IS NULL AND failed_at IS NULL;
