package tracesql

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit/cost"
)

// november is the month of the bills.
var november = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// billed wants rows of a bill, in any order, each as NAME=VALUE of the columns that are not empty.
func billed(t *testing.T, got []map[string]string, want ...string) {
	t.Helper()
	var rows []string
	for _, row := range got {
		var cells []string
		for _, name := range slices.Sorted(maps.Keys(row)) {
			if row[name] != "" {
				cells = append(cells, name+"="+row[name])
			}
		}
		rows = append(rows, strings.Join(cells, " "))
	}
	slices.Sort(rows)
	slices.Sort(want)
	if !slices.Equal(rows, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(rows, "\n"), strings.Join(want, "\n"))
	}
}

// A cost is of a session by the principal, and of a run by the resource's tag. Each line of the bill counts once, at its price, and
// what is of nobody, of another tag or another month is left out.
func TestAWSBillIsOfTheRecordsSessionsAndRuns(t *testing.T) {
	t.Parallel()
	bill := cost.Bill{Engine: cost.Athena, Since: november, Until: november.AddDate(0, 1, 0), Tag: "Cost-Run", Table: `billing.cur"2`}
	query, err := bill.Query([]cost.Line{ // AWS's role, session, person, role, run, cost center
		{Values: []string{"ml-trainer", "alice@acme.example", "alice", "ml-trainer", "churn-1", "4711"}, Hours: 3},
		{Values: []string{"ml-trainer", "alice@acme.example", "alice", "ml-trainer", "churn-2", "4711"}, Hours: 1.5},
		{Values: []string{"AWSReservedSSO_MLAdmin", "bob", "bob", "ml-admin", "", "815"}, Hours: 2},
		{Values: []string{"ml-trainer", "o'hara", "o'hara", "ml-trainer", "churn-1", "4712"}, Hours: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	db := open(t)
	run(t, db, "CREATE OR REPLACE MACRO element_at(m, k) AS map_extract_value(m, k)")
	run(t, db, "CREATE SCHEMA billing")
	run(t, db, `CREATE TABLE billing."cur""2" (line_item_usage_account_id VARCHAR, line_item_product_code VARCHAR, line_item_currency_code VARCHAR,
		line_item_unblended_cost DOUBLE, line_item_iam_principal VARCHAR, resource_tags MAP(VARCHAR, VARCHAR), line_item_usage_start_date TIMESTAMP)`)
	insert := func(amount float64, principal, tags, at string) {
		run(t, db, fmt.Sprintf(`INSERT INTO billing."cur""2" VALUES ('111122223333', 'AmazonBedrock', 'USD', %v, %s, MAP {%s}, '%s')`, amount, principal, tags, at))
	}
	const (
		alice  = "'arn:aws:sts::111122223333:assumed-role/ml-trainer/alice@acme.example'"
		bob    = "'arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_MLAdmin_0123456789abcdef/bob'"
		inside = "2026-11-03 10:00:00"
	)
	insert(10, alice, "", inside)
	insert(0.25, alice, "", "2026-11-01 00:00:00") // the first moment
	insert(4, bob, "", inside)
	insert(7, "'arn:aws:sts::111122223333:assumed-role/path/ml-trainer/o''hara'", "", inside)
	insert(2, "NULL", "'user_cost_run': 'churn-1'", inside)                                          // a resource, as the report has tags
	insert(3, "NULL", "'user:Cost-Run': 'churn-1'", inside)                                          // as older exports have them
	insert(1, alice, "'user_cost_run': 'churn-2'", inside)                                           // both: once
	insert(100, alice, "", "2026-12-01 00:00:00")                                                    // after the end
	insert(200, "'arn:aws:sts::111122223333:assumed-role/ml-reader/alice@acme.example'", "", inside) // another role
	insert(300, "NULL", "'user_cost_run': 'other'", inside)
	insert(400, "NULL", "'user_run': 'churn-1'", inside)
	billed(t, ask(t, db, strings.ReplaceAll(query, "'$1'", `'\1'`)), // as DuckDB writes what a bracket found
		"account=111122223333 cost=10.25 cost_centers=4711 currency=USD hours_with_credentials=4.5 people=alice product=AmazonBedrock roles=ml-trainer run=churn-1, churn-2",
		"account=111122223333 cost=4 cost_centers=815 currency=USD hours_with_credentials=2 people=bob product=AmazonBedrock roles=ml-admin",
		"account=111122223333 cost=7 cost_centers=4712 currency=USD hours_with_credentials=1 people=o'hara product=AmazonBedrock roles=ml-trainer run=churn-1",
		"account=111122223333 cost=5 cost_centers=4711, 4712 currency=USD hours_with_credentials=4 people=alice, o'hara product=AmazonBedrock roles=ml-trainer run=churn-1",
		"account=111122223333 cost=1 cost_centers=4711 currency=USD hours_with_credentials=4.5 people=alice product=AmazonBedrock roles=ml-trainer run=churn-2",
	)
}

// A usage is of who ran it, at the price of its time, and of the run that its tag names.
func TestDatabricksBillIsOfTheRecordsPeopleAndRuns(t *testing.T) {
	t.Parallel()
	bill := cost.Bill{Engine: cost.Databricks, Since: november, Until: november.AddDate(0, 1, 0), Tag: "run's"}
	query, err := bill.Query([]cost.Line{ // principal, role, run, cost center
		{Values: []string{"alice@acme.example", "ml-trainer", "churn-1", "4711"}, Hours: 3},
		{Values: []string{"alice@acme.example", "ml-reader", "churn-1", "4711"}, Hours: 1},
		{Values: []string{"alice@acme.example", "ml-trainer", "", "4711"}, Hours: 0.5},
		{Values: []string{"3f0c-sp", "ml-job", "nightly", "815"}, Hours: 8},
	})
	if err != nil {
		t.Fatal(err)
	}
	db := open(t)
	run(t, db, "CREATE SCHEMA billing")
	run(t, db, `CREATE TABLE billing.usage (account_id VARCHAR, cloud VARCHAR, sku_name VARCHAR, usage_unit VARCHAR, usage_quantity DOUBLE, usage_date DATE,
		usage_start_time TIMESTAMP, usage_end_time TIMESTAMP, billing_origin_product VARCHAR, custom_tags MAP(VARCHAR, VARCHAR),
		identity_metadata STRUCT(run_as VARCHAR), usage_metadata STRUCT(job_id VARCHAR))`)
	run(t, db, `CREATE TABLE billing.list_prices (account_id VARCHAR, cloud VARCHAR, sku_name VARCHAR, usage_unit VARCHAR, currency_code VARCHAR,
		price_start_time TIMESTAMP, price_end_time TIMESTAMP, pricing STRUCT(effective_list STRUCT("default" DOUBLE)))`)
	run(t, db, `INSERT INTO billing.list_prices VALUES
		('a', 'AWS', 'JOBS', 'DBU', 'USD', '2026-01-01', '2026-11-15', {'effective_list': {'default': 0.5}}),
		('a', 'AWS', 'JOBS', 'DBU', 'USD', '2026-11-15', NULL, {'effective_list': {'default': 2.0}}),
		('b', 'AWS', 'JOBS', 'DBU', 'USD', '2026-01-01', NULL, {'effective_list': {'default': 1000.0}})`)
	insert := func(who, sku string, quantity float64, day int, tags string) {
		at := november.AddDate(0, 0, day-1).Add(10 * time.Hour)
		run(t, db, fmt.Sprintf(`INSERT INTO billing.usage VALUES ('a', 'AWS', '%s', 'DBU', %v, '%s', '%s', '%s', 'JOBS', MAP {%s}, {'run_as': '%s'}, {'job_id': '7'})`,
			sku, quantity, at.Format(time.DateOnly), at.Format(time.DateTime), at.Add(time.Hour).Format(time.DateTime), tags, who))
	}
	insert("Alice@acme.example", "JOBS", 10, 3, `'run''s': 'churn-1', 'other': 'x'`) // 5.00
	insert("Alice@acme.example", "JOBS", 10, 20, `'run''s': 'churn-1'`)              // 20.00, by the new price
	insert("Alice@acme.example", "JOBS", 4, 3, ``)                                   // 2.00, without a run
	insert("Alice@acme.example", "JOBS", 6, 3, `'run''s': 'theirs'`)                 // 3.00, of a run that the record does not know
	insert("Alice@acme.example", "NEW", 3, 3, `'run''s': 'churn-1'`)                 // without a price
	insert("3F0C-SP", "JOBS", 100, 30, `'run''s': 'nightly'`)                        // 200.00
	insert("eve@acme.example", "JOBS", 1000, 3, `'run''s': 'churn-1'`)               // not in the record
	insert("Alice@acme.example", "JOBS", 1000, 31, `'run''s': 'churn-1'`)            // in December
	billed(t, ask(t, db, asDuck(strings.ReplaceAll(query, "system.billing.", "billing."))),
		"cost_centers=4711 currency=USD hours_with_credentials=4 in_record=true job_id=7 list_cost=25 person=Alice@acme.example product=JOBS quantity=20 roles=ml-reader, ml-trainer run=churn-1 unit=DBU",
		"cost_centers=4711 currency=USD hours_with_credentials=0.5 in_record=true job_id=7 list_cost=2 person=Alice@acme.example product=JOBS quantity=4 roles=ml-trainer unit=DBU",
		"currency=USD in_record=false job_id=7 list_cost=3 person=Alice@acme.example product=JOBS quantity=6 run=theirs unit=DBU",
		"cost_centers=4711 hours_with_credentials=4 in_record=true job_id=7 person=Alice@acme.example product=JOBS quantity=3 roles=ml-reader, ml-trainer run=churn-1 unit=DBU",
		"cost_centers=815 currency=USD hours_with_credentials=8 in_record=true job_id=7 list_cost=200 person=3F0C-SP product=JOBS quantity=100 roles=ml-job run=nightly unit=DBU",
	)
}
