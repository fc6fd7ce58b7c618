-- Counts questions by a key of a dimension; and people, each once within the key and at their farthest step.
SELECT '/*dimension*/' AS dimension, key, people, questions, answered, choice, abstained, outside, good, bad, knows, understood, wanted, used, satisfied, recommends
FROM (
    SELECT /*key*/ AS key, count(*)::int AS questions,
        (count(*) FILTER (WHERE outcome = 'answered'))::int AS answered, (count(*) FILTER (WHERE outcome = 'choice'))::int AS choice,
        (count(*) FILTER (WHERE outcome = 'abstained'))::int AS abstained, (count(*) FILTER (WHERE outcome = 'outside'))::int AS outside,
        (count(*) FILTER (WHERE rating = 'good'))::int AS good, (count(*) FILTER (WHERE rating = 'bad'))::int AS bad
    FROM facts
    GROUP BY 1
) AS questions
JOIN (
    SELECT key, (count(*) FILTER (WHERE person <> 0))::int AS people,
        (count(*) FILTER (WHERE step >= 1))::int AS knows, (count(*) FILTER (WHERE step >= 2))::int AS understood,
        (count(*) FILTER (WHERE step >= 3))::int AS wanted, (count(*) FILTER (WHERE step >= 4))::int AS used,
        (count(*) FILTER (WHERE step >= 5))::int AS satisfied, (count(*) FILTER (WHERE step >= 6))::int AS recommends
    FROM (SELECT /*key*/ AS key, person, CASE WHEN person <> 0 THEN max(step) ELSE 0 END AS step FROM facts GROUP BY 1, 2) AS each
    GROUP BY key
) AS people USING (key)
