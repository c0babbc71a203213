-- What the people and runs of the record cost at Databricks, by list prices.
-- hours: in which they had credentials by the record. A usage is of a run where its custom tag run names it.
WITH record (person, run, roles, cost_centers, hours) AS (
  VALUES
    ('6f1c', 'churn-7', 'ml-trainer', '4711', 1.00),
    ('alice@example.com', 'churn-7', 'ml-trainer', '4711', 1.00)
),
people (person, hours) AS (
  VALUES
    ('6f1c', 1.00),
    ('alice@example.com', 1.00)
),
used AS (
  SELECT
    u.identity_metadata.run_as AS person,
    COALESCE(try_element_at(u.custom_tags, 'run'), '') AS run,
    u.usage_metadata.job_id AS job_id,
    u.billing_origin_product AS product,
    u.usage_unit AS unit,
    u.usage_quantity AS quantity,
    p.currency_code AS currency,
    u.usage_quantity * p.pricing.effective_list.default AS list_cost
  FROM system.billing.usage AS u
  LEFT JOIN system.billing.list_prices AS p
    ON p.account_id = u.account_id AND p.cloud = u.cloud AND p.sku_name = u.sku_name AND p.usage_unit = u.usage_unit
    AND u.usage_end_time >= p.price_start_time AND (p.price_end_time IS NULL OR u.usage_end_time < p.price_end_time)
  WHERE u.usage_date >= DATE '2026-10-31' AND u.usage_date <= DATE '2026-11-30'
    AND u.usage_start_time >= TIMESTAMP '2026-10-31 09:00:00' AND u.usage_start_time < TIMESTAMP '2026-11-30 09:00:00'
    AND lower(u.identity_metadata.run_as) IN (SELECT person FROM people)
)
SELECT
  used.person, used.run, record.roles, record.cost_centers, used.job_id, used.product, used.currency,
  ROUND(SUM(used.list_cost), 2) AS list_cost,
  used.unit, ROUND(SUM(used.quantity), 2) AS quantity,
  MAX(record.hours) AS hours_with_credentials,
  MAX(record.person) IS NOT NULL AS in_record
FROM used
LEFT JOIN record ON record.person = lower(used.person) AND record.run = used.run
GROUP BY used.person, used.run, record.roles, record.cost_centers, used.job_id, used.product, used.currency, used.unit
ORDER BY list_cost DESC;
