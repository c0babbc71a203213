-- What the sessions and runs of the record cost at AWS.
-- hours: in which they had credentials by the record. A cost is of a session where the report names the principal (its export has to
-- include that), and of a run where the resource's tag run names it (the tag has to be active as a cost allocation tag).
WITH sessions (aws_role, session, people, roles, runs, cost_centers, hours) AS (
  VALUES
    ('AWSReservedSSO_MLAdmin', 'alice@example.com', 'alice@example.com', 'ml-admin', 'churn-7', '4711', 1.00),
    ('reader', 'alice@example.com,churn-7', 'alice@example.com', 'ml-reader', 'churn-7', '4711', 1.00),
    ('trainer', 'alice@example.com', 'alice@example.com', 'ml-trainer', '', '4711', 1.00),
    ('trainer', 'alice@example.com,churn-7', 'alice@example.com', 'ml-trainer', 'churn-7', '4711', 1.00),
    ('trainer', 'bob''s@example.com,churn-7', 'bob''s@example.com', 'ml-trainer', 'churn-7', '', 1.00)
),
runs (run, people, roles, cost_centers, hours) AS (
  VALUES
    ('churn-7', 'alice@example.com, bob''s@example.com', 'ml-admin, ml-reader, ml-trainer', '4711', 4.00)
),
spent AS (
  SELECT
    line_item_usage_account_id AS account,
    line_item_product_code AS product,
    line_item_currency_code AS currency,
    line_item_unblended_cost AS cost,
    regexp_replace(regexp_extract(line_item_iam_principal, ':assumed-role/(?:.*/)?([^/]+)/[^/]+$', 1), '^(AWSReservedSSO_.+)_[0-9a-f]{16}$', '$1') AS aws_role,
    regexp_extract(line_item_iam_principal, '/([^/]+)$', 1) AS session,
    COALESCE(element_at(resource_tags, 'user_run'), element_at(resource_tags, 'user:run'), '') AS run
  FROM "billing"."cur2"
  WHERE line_item_usage_start_date >= TIMESTAMP '2026-10-31 09:00:00' AND line_item_usage_start_date < TIMESTAMP '2026-11-30 09:00:00'
)
SELECT
  COALESCE(sessions.people, runs.people) AS people,
  COALESCE(sessions.roles, runs.roles) AS roles,
  COALESCE(NULLIF(spent.run, ''), sessions.runs) AS run,
  COALESCE(sessions.cost_centers, runs.cost_centers) AS cost_centers,
  spent.account, spent.product, spent.currency,
  ROUND(SUM(spent.cost), 2) AS cost,
  MAX(COALESCE(sessions.hours, runs.hours)) AS hours_with_credentials
FROM spent
LEFT JOIN sessions ON sessions.aws_role = spent.aws_role AND sessions.session = spent.session
LEFT JOIN runs ON runs.run = spent.run AND spent.run <> ''
WHERE sessions.session IS NOT NULL OR runs.run IS NOT NULL
GROUP BY 1, 2, 3, 4, 5, 6, 7
ORDER BY cost DESC;
