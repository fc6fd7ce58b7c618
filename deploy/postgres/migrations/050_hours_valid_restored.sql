-- A dump is restored with no search path: the check of opening hours then didn't find the function that it calls, and the help points didn't
-- come back. A body that is parsed here names it by itself, whatever the path.
CREATE OR REPLACE FUNCTION hours_valid(hours jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE
BEGIN ATOMIC
    SELECT jsonb_typeof(hours->'week') = 'array' AND jsonb_array_length(hours->'week') = 7
       AND (SELECT bool_and(spans_valid(d)) FROM jsonb_array_elements(hours->'week') AS d)
       AND jsonb_typeof(hours->'holidays') = 'boolean' AND jsonb_typeof(hours->'exceptions') = 'array'
       AND (SELECT COALESCE(bool_and((e->>'from')::text <= (e->>'to')::text AND spans_valid(e->'spans')), true)
            FROM jsonb_array_elements(hours->'exceptions') AS e);
END;
