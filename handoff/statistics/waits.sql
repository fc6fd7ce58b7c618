-- $1: since when. A ticket counts for the library whose it is now; its wait ends with the first librarian who took it.
WITH taken AS (
    SELECT ticket, min(at) AS at FROM ticket_events WHERE kind = 'claimed' GROUP BY ticket
)
SELECT
    coalesce(t.help_point, ''), coalesce(h.name, ''),
    (count(*) FILTER (WHERE t.state = 'waiting'))::int,
    (count(*) FILTER (WHERE t.state = 'claimed'))::int,
    min(t.opened_at) FILTER (WHERE t.state = 'waiting'),
    (count(*) FILTER (WHERE t.opened_at >= $1))::int,
    (count(k.at) FILTER (WHERE t.opened_at >= $1))::int,
    coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM k.at - t.opened_at)) FILTER (WHERE t.opened_at >= $1), 0)::float8,
    coalesce(percentile_cont(0.9) WITHIN GROUP (ORDER BY extract(epoch FROM k.at - t.opened_at)) FILTER (WHERE t.opened_at >= $1), 0)::float8,
    (count(*) FILTER (WHERE t.state = 'closed' AND k.at IS NULL AND t.opened_at >= $1))::int,
    (count(t.rating) FILTER (WHERE t.opened_at >= $1))::int,
    (count(*) FILTER (WHERE t.rating = 'helped' AND t.opened_at >= $1))::int
FROM tickets t
LEFT JOIN taken k ON k.ticket = t.id
LEFT JOIN help_points h ON h.id = t.help_point
WHERE t.opened_at >= $1 OR t.state IN ('waiting', 'claimed') AND t.conversation IS NOT NULL
GROUP BY t.help_point, h.name
ORDER BY t.help_point IS NOT NULL, h.name
