-- A draft's revision is never given twice: what was typed on a draft that is gone fits no later draft of the guide.
CREATE SEQUENCE guide_draft_revisions AS integer;
SELECT setval('guide_draft_revisions', max(revision)) FROM (
    SELECT revision FROM guide_drafts UNION ALL SELECT revision FROM review_notices UNION ALL SELECT revision FROM replays) r
HAVING max(revision) > 0;

-- Whatever program asks for the next one, it comes from there.
CREATE FUNCTION number_draft() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.revision IS DISTINCT FROM OLD.revision THEN
        NEW.revision := nextval('guide_draft_revisions');
        IF NEW.returned_revision IS DISTINCT FROM OLD.returned_revision THEN
            NEW.returned_revision := NEW.revision;
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER number BEFORE INSERT OR UPDATE ON guide_drafts FOR EACH ROW EXECUTE FUNCTION number_draft();
