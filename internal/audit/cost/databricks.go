package cost

import (
	"fmt"

	"github.com/dbxaccess/dbxaccess/internal/audit/sqltext"
)

// databricks asks system.billing.usage, by list prices: what was agreed with Databricks stands in no table.
// https://docs.databricks.com/aws/en/admin/system-tables/billing and https://docs.databricks.com/aws/en/admin/system-tables/pricing
func (b Bill) databricks(lines []Line) string {
	people := rows(lines, []int{0}, nil) // principal
	runs := rows(lines, []int{0, 2}, []int{1, 3})
	return fmt.Sprintf(`-- What the people and runs of the record cost at Databricks, by list prices.
-- hours: in which they had credentials by the record. A usage is of a run where its custom tag %[1]s names it.
WITH record (person, run, roles, cost_centers, hours) AS (
  VALUES
%[2]s
),
people (person, hours) AS (
  VALUES
%[3]s
),
used AS (
  SELECT
    u.identity_metadata.run_as AS person,
    COALESCE(try_element_at(u.custom_tags, %[4]s), '') AS run,
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
  WHERE u.usage_date >= %[5]s AND u.usage_date <= %[6]s
    AND u.usage_start_time >= %[7]s AND u.usage_start_time < %[8]s
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
`, sqltext.Comment(b.Tag), b.values(runs), b.values(people), b.Engine.Text(b.Tag), sqltext.Day(b.Since), sqltext.Day(b.Until), sqltext.Moment(b.Since), sqltext.Moment(b.Until))
}
