-- A sample question may be about a signpost: no guide answers it, and it is known who does.
ALTER TABLE sample_questions
    ADD COLUMN signpost text NOT NULL DEFAULT '',
    ADD CHECK (signpost = '' OR expected = '{}');
