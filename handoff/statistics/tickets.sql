-- Keeps the facts of tickets that were opened since @from, of one conversation where @conversation is not 0. @now says when seven days are over.
WITH opened AS (
    SELECT t.id, t.opened_at, t.closed_at, coalesce(t.conversation, 0) AS conversation, t.place, t.outcome, t.rating, t.claimed_by
    FROM tickets t
    WHERE t.opened_at >= @from AND (@conversation::bigint = 0 OR t.conversation = @conversation)
), facts AS (
    SELECT t.id, (t.opened_at AT TIME ZONE 'Europe/Sofia')::date AS day, t.conversation,
        CASE WHEN k.library IS NOT NULL THEN 'library' ELSE coalesce(k.channel, 'unknown') END AS channel,
        coalesce(asked.district, own.district, there.district, '') AS region, coalesce(k.audience, '') AS audience,
        coalesce((SELECT q.service FROM figure_questions q JOIN answers a ON a.id = q.answer
            WHERE q.person = t.conversation AND q.person > 0 AND q.service <> '' AND a.answered_at BETWEEN t.opened_at - interval '1 day' AND t.opened_at
            ORDER BY q.answer DESC LIMIT 1), '') AS service,
        CASE WHEN taken.at IS NOT NULL THEN greatest(0, extract(epoch FROM taken.at - t.opened_at))::integer END AS waited,
        CASE WHEN t.outcome IS NULL THEN 'pending'
            WHEN t.outcome NOT IN ('answered', 'sent-library', 'sent-institution') OR t.claimed_by IS NULL THEN 'no'
            WHEN again.at < t.closed_at + interval '7 days' THEN 'no'
            WHEN t.closed_at > @now::timestamptz - interval '7 days' THEN 'pending'
            ELSE 'yes' END AS resolved,
        CASE t.rating WHEN 'helped' THEN 'good' WHEN 'not-helped' THEN 'bad' ELSE '' END AS rating
    FROM opened t
    LEFT JOIN LATERAL (SELECT min(e.at) AS at FROM ticket_events e WHERE e.ticket = t.id AND e.kind IN ('claimed', 'reopened')) taken ON true
    LEFT JOIN LATERAL (SELECT min(n.opened_at) AS at FROM tickets n WHERE n.earlier = t.id) again ON true
    LEFT JOIN conversations c ON c.id = t.conversation
    LEFT JOIN contacts k ON k.id = c.contact
    LEFT JOIN places asked ON asked.ekatte = t.place
    LEFT JOIN places own ON own.ekatte = k.place
    LEFT JOIN help_points h ON h.id = k.library
    LEFT JOIN places there ON there.ekatte = h.ekatte
)
INSERT INTO figure_tickets (ticket, day, person, channel, region, audience, service, waited, resolved, rating)
SELECT id, day, conversation, channel, region, audience, service, waited, resolved, rating FROM facts
-- Of a ticket whose person is forgotten only how it goes on is kept up to date.
ON CONFLICT (ticket) DO UPDATE SET
    waited = EXCLUDED.waited, resolved = EXCLUDED.resolved, rating = EXCLUDED.rating,
    region = CASE WHEN EXCLUDED.person = 0 OR EXCLUDED.region = '' THEN figure_tickets.region ELSE EXCLUDED.region END,
    audience = CASE WHEN EXCLUDED.person = 0 OR EXCLUDED.audience = '' THEN figure_tickets.audience ELSE EXCLUDED.audience END,
    service = CASE WHEN EXCLUDED.person = 0 THEN figure_tickets.service ELSE EXCLUDED.service END
WHERE (figure_tickets.waited, figure_tickets.resolved, figure_tickets.rating, figure_tickets.region, figure_tickets.audience, figure_tickets.service)
   IS DISTINCT FROM (EXCLUDED.waited, EXCLUDED.resolved, EXCLUDED.rating, EXCLUDED.region, EXCLUDED.audience, EXCLUDED.service)
