-- Keeps the facts of questions that were asked since @from, of one conversation where @conversation is not 0.
WITH asked AS (
    SELECT a.id, a.answered_at, coalesce(a.conversation, 0) AS conversation, a.outcome, a.guides -> 0 ->> 'slug' AS slug, a.audience, a.place
    FROM answers a
    WHERE a.answered_at >= @from AND (@conversation::bigint = 0 OR a.conversation = @conversation) AND NOT a.unasked
      -- what is asked of the guides; not small talk, the way to a library or to a person
      AND (a.intent = 'question' OR a.outcome IN ('answered', 'clarify', 'abstained', 'emergency'))
), placed AS (
    SELECT a.*,
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
), turns AS ( -- answers and pressed buttons in their order: one pass, however long a conversation is
    SELECT conversation, answered_at AS at, id AS answer, '' AS data FROM asked WHERE conversation <> 0
    UNION ALL
    SELECT g.conversation, g.created_at, NULL, g.data
    FROM messages g JOIN (SELECT conversation, min(answered_at) AS since FROM asked WHERE conversation <> 0 GROUP BY 1) a ON a.conversation = g.conversation
    WHERE g.sender = 'person' AND g.kind = 'button' AND g.created_at >= a.since
), numbered AS (
    SELECT t.*, count(answer) OVER (PARTITION BY conversation ORDER BY at, answer NULLS LAST) AS run FROM turns t
), went AS ( -- what the person pressed after an answer, before the next and within a day
    SELECT answer, min(split_part(data, ':', 2)) FILTER (WHERE data LIKE 'guide:%') AS chosen,
        bool_or(data LIKE 'more:%' OR data LIKE 'near%' OR data LIKE 'human%' OR data LIKE 'later:yes%') AS further
    FROM (SELECT max(answer) OVER run AS answer, answer IS NULL AS pressed, at, min(at) OVER run AS since, data FROM numbered WINDOW run AS (PARTITION BY conversation, run)) AS n
    WHERE pressed AND at < since + interval '1 day'
    GROUP BY answer
), followed AS (
    SELECT p.*, f.rating, f.reason, m.used, m.worked, m.recommends, went.chosen, went.further
    FROM placed p
    LEFT JOIN feedback f ON f.answer = p.id AND f.contact = p.contact
    LEFT JOIN aftermaths m ON m.answer = p.id AND m.contact = p.contact
    LEFT JOIN went ON went.answer = p.id AND p.outcome IN ('answered', 'clarify')
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
