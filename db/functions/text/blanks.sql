CREATE OR REPLACE FUNCTION core.blanks()
RETURNS text
LANGUAGE sql IMMUTABLE
AS $$
SELECT
    -- White_Space
    E'\u0009\u000A\u000B\u000C\u000D\u0020\u0085\u00A0\u1680'
    || E'\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200A'
    || E'\u2028\u2029\u202F\u205F\u3000'
    -- zero width
    || E'\u180E\u200B\u200C\u200D\u2060\uFEFF'
    -- bidi controls
    || E'\u061C\u200E\u200F\u202A\u202B\u202C\u202D\u202E\u2066\u2067\u2068\u2069'
$$;

COMMENT ON FUNCTION core.blanks() IS $$
The characters that show nothing: Unicode's White_Space, zero-width characters and bidi controls. A
fixed list, because databases of different locales know different ones.
$$;
