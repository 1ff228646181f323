CREATE OR REPLACE FUNCTION core.add_package(p_package core.price_packages)
RETURNS core.price_packages
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_package core.price_packages;
BEGIN
    -- Judge what was given.
    p_package.name := core.one_line('name', p_package.name, 80);
    IF p_package.duration_minutes NOT BETWEEN 1 AND 1440 THEN
        PERFORM core.refuse('VALIDATION_ERROR', 'duration_minutes is a number from 1 to 1440.',
            'Sell a day at most.', 'duration_minutes');
    ELSIF p_package.price <= 0 THEN
        PERFORM core.refuse('VALIDATION_ERROR', 'price is whole rupiah, more than 0.',
            'Give what a customer pays.', 'price');
    ELSIF p_package.first_session_price IS NOT NULL AND p_package.is_extension THEN
        PERFORM core.refuse('VALIDATION_ERROR',
            'An extension has no first-session price.',
            'Leave first_session_price out.', 'first_session_price');
    ELSIF p_package.first_session_price NOT BETWEEN 1 AND p_package.price THEN
        PERFORM core.refuse('VALIDATION_ERROR',
            'first_session_price is whole rupiah, from 1 to the price.',
            'Leave it out when there is none.', 'first_session_price');
    END IF;

    -- Write.
    INSERT INTO core.price_packages (
        name, duration_minutes, price, first_session_price, is_extension, replaces)
    VALUES (
        p_package.name, p_package.duration_minutes, p_package.price,
        p_package.first_session_price, p_package.is_extension, p_package.replaces)
    RETURNING * INTO v_package;
    RETURN v_package;
END
$$;

COMMENT ON FUNCTION core.add_package(core.price_packages) IS $$
Writes a new package that can be bought at once, with the name, minutes, prices and kind of
p_package, and what it replaces.
Raises: VALIDATION_ERROR 422.
$$;
