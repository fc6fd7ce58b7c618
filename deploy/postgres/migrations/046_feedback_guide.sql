-- Which guide a judgement is about: under one answer several may have been shown. NULL: its button did not say.
ALTER TABLE feedback ADD COLUMN guide text REFERENCES guides ON DELETE SET NULL;
