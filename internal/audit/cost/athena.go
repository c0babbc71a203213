package cost

import (
	"fmt"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/audit/sqltext"
)

// athena asks AWS's Cost and Usage Report 2.0. Which session a cost is of stands there for what AWS tells by principal, as Bedrock;
// for the rest a resource's tag has to name the run.
// https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-cur2.html
func (b Bill) athena(lines []Line) string {
	sessions := rows(lines, []int{0, 1}, []int{2, 3, 4, 5}) // by role and session; people, roles, runs, cost centers
	named := make([]Line, 0, len(lines))
	for _, line := range lines {
		if line.Values[4] != "" {
			named = append(named, line)
		}
	}
	if len(named) == 0 { // VALUES takes no emptiness
		named = []Line{{Values: make([]string, 6)}}
	}
	runs := rows(named, []int{4}, []int{2, 3, 5})
	return fmt.Sprintf(`-- What the sessions and runs of the record cost at AWS.
-- hours: in which they had credentials by the record. A cost is of a session where the report names the principal (its export has to
-- include that), and of a run where the resource's tag %[1]s names it (the tag has to be active as a cost allocation tag).
WITH sessions (aws_role, session, people, roles, runs, cost_centers, hours) AS (
  VALUES
%[2]s
),
runs (run, people, roles, cost_centers, hours) AS (
  VALUES
%[3]s
),
spent AS (
  SELECT
    line_item_usage_account_id AS account,
    line_item_product_code AS product,
    line_item_currency_code AS currency,
    line_item_unblended_cost AS cost,
    regexp_replace(regexp_extract(line_item_iam_principal, ':assumed-role/(?:.*/)?([^/]+)/[^/]+$', 1), '^(AWSReservedSSO_.+)_[0-9a-f]{16}$', '$1') AS aws_role,
    regexp_extract(line_item_iam_principal, '/([^/]+)$', 1) AS session,
    COALESCE(element_at(resource_tags, %[4]s), element_at(resource_tags, %[5]s), '') AS run
  FROM %[6]s
  WHERE line_item_usage_start_date >= %[7]s AND line_item_usage_start_date < %[8]s
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
`, sqltext.Comment(b.Tag), b.values(sessions), b.values(runs), b.Engine.Text(tagColumn(b.Tag)), b.Engine.Text("user:"+b.Tag), b.Engine.Name(b.Table), sqltext.Moment(b.Since), sqltext.Moment(b.Until))
}

// tagColumn is the key under which the report has a tag that people made: after user_, in small letters, and with underscores.
func tagColumn(key string) string {
	return "user_" + strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, strings.ToLower(key))
}
