SET LOCAL ROLE halo_owner;
ALTER TABLE core.customers ADD COLUMN merged_into uuid REFERENCES core.customers;
COMMENT ON COLUMN core.customers.merged_into IS 'As whom this anonymous customer last logged in: the person whose blocks are its blocks (core.person_of). Never a customer who is merged itself.';
CREATE INDEX customers_merged_into ON core.customers (merged_into) WHERE merged_into IS NOT NULL;
RESET ROLE;
