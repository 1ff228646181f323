CREATE OR REPLACE TRIGGER _200_count_version
BEFORE UPDATE ON core.message_templates
FOR EACH ROW WHEN (old.* IS DISTINCT FROM new.*)
EXECUTE FUNCTION core.tg_count_version();
