-- Counts questions by a key. First by person within the key, so that people are counted once and stand at their farthest step.
SELECT key, (count(*) FILTER (WHERE person <> 0))::int,
    sum(questions)::int, sum(answered)::int, sum(choice)::int, sum(abstained)::int, sum(outside)::int, sum(good)::int, sum(bad)::int,
    (count(*) FILTER (WHERE step >= 1))::int, (count(*) FILTER (WHERE step >= 2))::int, (count(*) FILTER (WHERE step >= 3))::int,
    (count(*) FILTER (WHERE step >= 4))::int, (count(*) FILTER (WHERE step >= 5))::int, (count(*) FILTER (WHERE step >= 6))::int
FROM (
    SELECT /*key*/ AS key, person, count(*) AS questions,
        count(*) FILTER (WHERE outcome = 'answered') AS answered, count(*) FILTER (WHERE outcome = 'choice') AS choice,
        count(*) FILTER (WHERE outcome = 'abstained') AS abstained, count(*) FILTER (WHERE outcome = 'outside') AS outside,
        count(*) FILTER (WHERE rating = 'good') AS good, count(*) FILTER (WHERE rating = 'bad') AS bad,
        CASE WHEN person <> 0 THEN max(step) ELSE 0 END AS step
    FROM figure_questions
    WHERE /*within*/
    GROUP BY 1, 2
) AS people
GROUP BY key
