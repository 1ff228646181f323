// Shows /openapi.json with Swagger UI: grouped by topic, searchable by path and words, tried against this very server.
"use strict";

const matches = (phrase) => (operation) =>
  [operation.get("path"), operation.get("method"), operation.getIn(["operation", "summary"], "")]
    .join(" ").toLowerCase().includes(phrase.toLowerCase());

const search = {
  fn: {
    opsFilter: (groups, phrase) =>
      groups
        .map((group) => group.set("operations", group.get("operations").filter(matches(phrase))))
        .filter((group) => group.get("operations").size > 0),
  },
};

window.ui = SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#api",
  deepLinking: true,
  filter: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 1,
  defaultModelExpandDepth: 4,
  displayRequestDuration: true,
  persistAuthorization: true,
  validatorUrl: null,
  plugins: [search],
});
