-- Keeps the facts of questions that were asked since @from, of one conversation where @conversation is not 0.
WITH asked AS (
    SELECT a.id, a.answered_at, coalesce(a.conversation, 0) AS conversation, a.outcome, a.guides -> 0 ->> 'slug' AS slug, a.audience, a.place
    FROM answers a
    WHERE a.answered_at >= @from AND (@conversation::bigint = 0 OR a.conversation = @conversation) AND NOT a.unasked
      -- what is asked of the guides; not small talk, the way to a library or to a person
      AND (a.intent = 'question' OR a.outcome IN ('answered', 'clarify', 'abstained', 'emergency'))
), placed AS (
    SELECT a.*, lead(a.answered_at) OVER (PARTITION BY a.conversation ORDER BY a.id) AS next_at,
        CASE WHEN k.id IS NULL THEN 'api' WHEN k.library IS NOT NULL THEN 'library' ELSE k.channel END AS channel,
        coalesce(own.district, there.district, named.district, '') AS region,
        coalesce(nullif(k.audience, ''), a.audience) AS whom, k.id AS contact
    FROM asked a
    LEFT JOIN conversations c ON c.id = a.conversation
    LEFT JOIN contacts k ON k.id = c.contact
    LEFT JOIN places own ON own.ekatte = k.place
    LEFT JOIN help_points h ON h.id = k.library
    LEFT JOIN places there ON there.ekatte = h.ekatte
    LEFT JOIN places named ON named.ekatte = a.place
), followed AS (
    SELECT p.*, f.rating, f.reason, m.used, m.worked, m.recommends, went.chosen, went.further
    FROM placed p
    LEFT JOIN feedback f ON f.answer = p.id AND f.contact = p.contact
    LEFT JOIN aftermaths m ON m.answer = p.id AND m.contact = p.contact
    -- what the person pressed after this answer and before the next
    LEFT JOIN LATERAL (
        SELECT min(split_part(g.data, ':', 2)) FILTER (WHERE g.data LIKE 'guide:%') AS chosen,
            bool_or(g.data LIKE 'more:%' OR g.data LIKE 'near%' OR g.data LIKE 'human%' OR g.data LIKE 'later:yes%') AS further
        FROM messages g
        WHERE g.conversation = p.conversation AND g.sender = 'person' AND g.kind = 'button'
          AND g.created_at >= p.answered_at AND g.created_at < least(coalesce(p.next_at, p.answered_at + interval '1 day'), p.answered_at + interval '1 day')
    ) went ON p.conversation <> 0 AND p.outcome IN ('answered', 'clarify')
), facts AS (
    SELECT id, (answered_at AT TIME ZONE 'Europe/Sofia')::date AS day, conversation, channel, region, whom,
        CASE outcome WHEN 'answered' THEN coalesce(slug, '') WHEN 'clarify' THEN coalesce(chosen, '') ELSE '' END AS service,
        CASE outcome WHEN 'answered' THEN 'answered' WHEN 'clarify' THEN CASE WHEN chosen IS NULL THEN 'choice' ELSE 'answered' END
            WHEN 'abstained' THEN 'abstained' ELSE 'outside' END AS became,
        coalesce(rating, '') AS rating, coalesce(reason, '') AS reason, used, worked, recommends, further
    FROM followed
)
INSERT INTO figure_questions (answer, day, person, channel, region, audience, service, outcome, rating, reason, step)
SELECT id, day, conversation, channel, region, whom, service, became, rating, reason,
    CASE WHEN service = '' THEN 0
        WHEN worked AND recommends THEN 6
        WHEN worked THEN 5
        WHEN used = 'yes' THEN 4
        WHEN used = 'soon' OR further THEN 3
        WHEN rating = 'good' THEN 2
        ELSE 1 END
FROM facts
-- What belongs to nobody any more was kept when its person was forgotten.
ON CONFLICT (answer) DO UPDATE SET
    region = CASE WHEN EXCLUDED.region = '' THEN figure_questions.region ELSE EXCLUDED.region END,
    audience = CASE WHEN EXCLUDED.audience = '' THEN figure_questions.audience ELSE EXCLUDED.audience END,
    channel = EXCLUDED.channel, service = EXCLUDED.service, outcome = EXCLUDED.outcome, rating = EXCLUDED.rating, reason = EXCLUDED.reason, step = EXCLUDED.step
WHERE figure_questions.person = EXCLUDED.person AND EXCLUDED.person <> 0
  AND (figure_questions.region, figure_questions.audience, figure_questions.channel, figure_questions.service, figure_questions.outcome,
       figure_questions.rating, figure_questions.reason, figure_questions.step)
   IS DISTINCT FROM (EXCLUDED.region, EXCLUDED.audience, EXCLUDED.channel, EXCLUDED.service, EXCLUDED.outcome, EXCLUDED.rating, EXCLUDED.reason, EXCLUDED.step)
