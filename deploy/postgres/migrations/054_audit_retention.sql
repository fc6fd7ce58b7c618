-- The audit log is still never changed. Rows that are over a year old may be deleted, by the one statement that says that it keeps to the
-- policy of how long data is kept.
CREATE OR REPLACE FUNCTION audit_log_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND TG_LEVEL = 'ROW' AND current_setting('orientir.audit_retention', true) = 'on' AND OLD.at < now() - interval '365 days' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the audit log is only written, never changed';
END
$$;
DROP TRIGGER audit_log_stays ON audit_log;
CREATE TRIGGER audit_log_stays BEFORE UPDATE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION audit_log_stays();
CREATE TRIGGER audit_log_stays_deleted BEFORE DELETE ON audit_log
    FOR EACH ROW EXECUTE FUNCTION audit_log_stays();
