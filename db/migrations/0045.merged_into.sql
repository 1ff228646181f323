SET LOCAL ROLE halo_owner;
-- Without a foreign key, which would lock the table for a scan: a customer's row is never deleted.
ALTER TABLE core.customers ADD COLUMN merged_into uuid;
COMMENT ON COLUMN core.customers.merged_into IS 'As whom this anonymous customer last logged in: the person whose blocks are its blocks (core.person_of). Never a customer who is merged itself.';
RESET ROLE;
