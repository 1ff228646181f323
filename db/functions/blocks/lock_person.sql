CREATE OR REPLACE FUNCTION core.lock_person(p_customer_id uuid)
RETURNS uuid
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_person uuid;
BEGIN
    LOOP
        v_person := core.person_of(p_customer_id);
        BEGIN
            PERFORM FROM core.customers WHERE id IN (p_customer_id, v_person)
            ORDER BY id FOR NO KEY UPDATE;
            IF core.person_of(p_customer_id) IS DISTINCT FROM v_person THEN
                RAISE serialization_failure;
            END IF;
            PERFORM core.lock_customer(p_customer_id);
            EXIT;
        EXCEPTION WHEN serialization_failure THEN
            -- A merge came first. Both are locked anew, by id: this has let go of the locks.
            NULL;
        END;
    END LOOP;
    RETURN v_person;
END
$$;

COMMENT ON FUNCTION core.lock_person(uuid) IS $$
Locks a customer and its person (core.person_of), before anything else is locked, and returns the
person, who stays the same until the end. Raises: VALIDATION_ERROR 422, NOT_FOUND 404.
$$;
