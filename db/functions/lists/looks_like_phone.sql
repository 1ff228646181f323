CREATE OR REPLACE FUNCTION core.looks_like_phone(p_text text)
RETURNS boolean
LANGUAGE sql IMMUTABLE
AS $$
-- The beginning of an id has a letter among its hexadecimal digits, or nearly always so.
SELECT NOT (p_text ~ '[a-fA-F]' AND core.ids_beginning(p_text) IS NOT NULL)
    -- Whole ids and moments are taken out; the rest may stand around a phone.
    AND regexp_replace(
        normalize(p_text, NFKC),
        '(?<![0-9A-Za-z])[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?![0-9A-Za-z])'
        '|(?<![0-9A-Za-z])20[0-9]{2}-[01][0-9]-[0-3][0-9]'
        '[T ][0-2][0-9]:[0-5][0-9](:[0-5][0-9](\.[0-9]+)?([-+ ][0-2][0-9]:[0-5][0-9])?)?',
        'x', 'g')
    -- 0, 8, 62 or + begins a phone; between its digits may be whatever is no letter.
    ~ '(^|[^0-9])(?=[+08]|6[^0-9A-Za-z]*2)\+?([^0-9A-Za-z]*[0-9]){9}'
$$;

COMMENT ON FUNCTION core.looks_like_phone(text) IS $$
Whether a phone stands in what somebody wrote to find something, alone or among words: 9 digits or
more, of which the first are 0, 8 or 62, or have a + before them. Whatever is no letter from A to Z
may stand between the digits: blanks, brackets, dashes of all kinds, invisible marks. No phone is
the beginning of an id (core.ids_beginning) with a letter in it, a whole id, or a moment
(2026-11-30T10:00). So digits alone that begin an id are a phone only where they begin like a phone;
the first 8 characters never are. Null for null.
$$;
