-- Counts hand-overs by a key of a dimension.
SELECT '/*dimension*/' AS dimension, /*key*/ AS key, count(*)::int, count(waited)::int,
    (count(*) FILTER (WHERE resolved = 'yes'))::int, (count(*) FILTER (WHERE resolved = 'no'))::int,
    (count(*) FILTER (WHERE rating = 'good'))::int, (count(*) FILTER (WHERE rating = 'bad'))::int,
    coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY waited), 0)::float8, coalesce(percentile_cont(0.9) WITHIN GROUP (ORDER BY waited), 0)::float8
FROM facts
GROUP BY 2
