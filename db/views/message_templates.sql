CREATE VIEW ops.message_templates AS
SELECT
    template.name, template.locale, template.title, template.body, template.action,
    template.version
FROM core.message_templates AS template
ORDER BY template.name, template.locale;

COMMENT ON VIEW ops.message_templates IS $$
Texts of pushes, by event and language. api.update_text changes them.
$$;
