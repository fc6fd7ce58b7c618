-- Conversations with the desk, newest first. What was said around one is said between a day before it was opened and its close.
SELECT
    t.id AS ticket, coalesce(k.pseudonym, 0) AS number, t.opened_at,
    (SELECT min(e.at) FROM ticket_events e WHERE e.ticket = t.id AND e.kind = 'claimed') AS taken_at, t.closed_at,
    coalesce(h.name, '') AS help_point, coalesce(p.name, '') AS place, coalesce(k.channel, '') AS channel, coalesce(k.language, t.language) AS language,
    t.reason, coalesce(s.name, '') AS by, t.state, coalesce(t.outcome, '') AS outcome, coalesce(t.effort, 0)::int AS effort,
    coalesce(t.guide, '') AS guide, coalesce(t.rating, '') AS rating,
    (SELECT count(*) FROM messages m
     WHERE m.conversation = t.conversation AND (m.sender = 'librarian' OR m.sender = 'person' AND m.kind IN ('text', 'command', 'edited'))
       AND m.created_at >= t.opened_at AND m.created_at <= coalesce(t.closed_at, now()))::int AS messages,
    coalesce((SELECT m.text FROM messages m
     WHERE m.conversation = t.conversation AND m.sender = 'person' AND m.kind IN ('text', 'edited')
       AND m.created_at >= t.opened_at - interval '1 day' AND m.created_at <= coalesce(t.closed_at, now())
     ORDER BY m.created_at <= t.opened_at DESC, CASE WHEN m.created_at <= t.opened_at THEN -m.id ELSE m.id END LIMIT 1), '') AS question
FROM tickets t
LEFT JOIN conversations c ON c.id = t.conversation
LEFT JOIN contacts k ON k.id = c.contact
LEFT JOIN help_points h ON h.id = t.help_point
LEFT JOIN places p ON p.ekatte = coalesce(NULLIF(t.place, ''), k.place)
LEFT JOIN staff s ON s.id = t.claimed_by
WHERE (@help_point = '' OR @help_point = coalesce(t.help_point, 'pool'))
  AND (@outcome = '' OR @outcome = coalesce(t.outcome, 'open'))
  AND (@from::timestamptz IS NULL OR t.opened_at >= @from)
  AND (@to::timestamptz IS NULL OR t.opened_at < @to)
  AND (@before::bigint = 0 OR t.id < @before)
  AND NOT EXISTS ( -- no pattern that nothing said fits
    SELECT FROM unnest(@patterns::text[]) AS w (pattern)
    WHERE NOT EXISTS (
      SELECT FROM messages m
      WHERE m.conversation = t.conversation AND m.text ILIKE w.pattern
        AND m.created_at >= t.opened_at - interval '1 day' AND m.created_at <= coalesce(t.closed_at + interval '2 seconds', now())))
ORDER BY t.id DESC
LIMIT @limit
