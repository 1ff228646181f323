CREATE OR REPLACE TRIGGER _200_count_version
BEFORE UPDATE ON core.control_center_users
FOR EACH ROW WHEN (old.* IS DISTINCT FROM new.*)
EXECUTE FUNCTION core.tg_count_version();
