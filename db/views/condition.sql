CREATE VIEW ops.condition AS
SELECT * FROM ops.condition();

COMMENT ON VIEW ops.condition IS $$
Whether the system as a whole does its work, and the reasons if not: api.condition, for people.
$$;
