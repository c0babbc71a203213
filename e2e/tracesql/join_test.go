package tracesql

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/audit/sqltext"
	"github.com/dbxaccess/dbxaccess/internal/audit/trace"
	"github.com/dbxaccess/dbxaccess/internal/audit/trace/tracesql"
)

// datasets are of a map whose places have what ends a literal.
func datasets(t *testing.T) *trace.Datasets {
	t.Helper()
	m := &accessmap.Map{Datasets: map[string]*accessmap.Dataset{
		"churn":  {Locations: []accessmap.Location{{Bucket: "acme-ml", Prefix: "churn/"}}},
		"labels": {Locations: []accessmap.Location{{Bucket: "acme-ml", Prefix: "churn/labels/"}}},
		"odd":    {Locations: []accessmap.Location{{Bucket: "acme'ml", Prefix: `o'dd\/`}, {Bucket: "acme-ml", Prefix: `o'dd\/`}}},
	}}
	return trace.DatasetsOf(m)
}

// local joins a log as `audit trace` does, and returns the rows by the names of their columns.
func local(t *testing.T, records []audit.Record, log, data string, columns []string) []string {
	t.Helper()
	index, err := trace.IndexOf(func(yield func(audit.Record, error) bool) {
		for _, r := range records {
			if !yield(r, nil) {
				return
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	state, err := trace.Run(t.Context(), trace.Options{
		Index: index, Datasets: datasets(t),
		Files: []trace.File{{Name: "log", Log: log, Stamp: "1", Open: func(context.Context) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(data)), nil }}},
		Row: func(b []byte, a *trace.Access) []byte {
			line, err := json.Marshal(a)
			if err != nil {
				t.Error(err)
			}
			return append(append(b, line...), '\n')
		},
		Write: func(b []byte) error {
			for line := range bytes.Lines(b) {
				var values map[string]any
				decoder := json.NewDecoder(bytes.NewReader(line))
				decoder.UseNumber()
				if err := decoder.Decode(&values); err != nil {
					return err
				}
				row := map[string]string{}
				for name, value := range values {
					row[name] = ""
					if value != nil {
						row[name] = fmt.Sprint(value)
					}
				}
				rows = append(rows, shown(row, columns))
			}
			return nil
		},
	})
	if err != nil || len(state.Problems) > 0 {
		t.Fatal(err, state.Problems)
	}
	slices.Sort(rows)
	return rows
}

// shown is a row as one text. Both joins go by whole seconds.
func shown(row map[string]string, columns []string) string {
	var b strings.Builder
	for _, name := range columns {
		value := row[name]
		if name == "time" {
			if at, err := time.Parse(time.RFC3339Nano, value); err == nil && at.Year() > 1 {
				value = at.UTC().Truncate(time.Second).Format(time.RFC3339)
			} else {
				value = ""
			}
		}
		fmt.Fprintf(&b, "%s=%q ", name, value)
	}
	return b.String()
}

// same compares the rows of both, and wants each outcome to be among them.
func same(t *testing.T, here, there []string, outcomes ...string) {
	t.Helper()
	all := strings.Join(here, "\n")
	for _, outcome := range outcomes {
		if !strings.Contains(all, outcome) {
			t.Errorf("no access has %s: the test tells nothing of it", outcome)
		}
	}
	if slices.Equal(here, there) {
		return
	}
	t.Errorf("%d rows here, %d by SQL", len(here), len(there))
	only := func(name string, a, b []string) {
		left := 5
		for _, row := range a {
			if _, found := slices.BinarySearch(b, row); !found && left > 0 {
				left--
				t.Errorf("only %s: %s", name, row)
			}
		}
	}
	only("here", here, there)
	only("by SQL", there, here)
}

func rowsOf(t *testing.T, list []map[string]string) (rows, columns []string) {
	t.Helper()
	if len(list) == 0 {
		t.Fatal("no rows")
	}
	columns = slices.Sorted(maps.Keys(list[0]))
	for _, row := range list {
		rows = append(rows, shown(row, columns))
	}
	slices.Sort(rows)
	return rows, columns
}

// rounds are few: what is drawn is the same at each run.
const rounds = 4

func TestAthenaJoinsAsHere(t *testing.T) {
	t.Parallel()
	for seed := range uint64(rounds) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w := world{rand.New(rand.NewPCG(seed, 1))}
			dir, records := shipped(t, w.records(250))
			log := w.cloudTrail(2000, records)
			j := tracesql.Join{
				Engine: sqltext.Athena, Since: begin.Add(-time.Hour), Until: begin.Add(24 * time.Hour), Record: "dbxaccess_record", Log: `odd "log"`,
				RecordAt: "s3://acme-audit/record/", LogAt: "s3://acme-trail/AWSLogs/1/CloudTrail/eu-west-1/", Datasets: datasets(t),
			}
			tables, err := j.Tables()
			if err != nil {
				t.Fatal(err)
			}
			query, err := j.Query()
			if err != nil {
				t.Fatal(err)
			}
			db := open(t)
			recordTable(t, db, "dbxaccess_record", dir)
			lines := make([]string, len(log))
			for i, entry := range log {
				lines[i] = hive(t, entry)
			}
			_, second, _ := strings.Cut(tables, ");\n\n")
			tableOf(t, db, `"odd ""log"""`, second, lines)
			there, columns := rowsOf(t, ask(t, db, query))
			here := local(t, records, trace.CloudTrail, text(t, map[string]any{"Records": log}), columns)
			same(t, here, there, `joined_by="access-key"`, `joined_by="parent-access-key"`, `joined_by="origin-identity"`, `joined_by="source-identity"`,
				`joined_by="session-name"`, `not_joined="name-only"`, `not_joined="ambiguous"`, `not_joined="contradictory"`, `not_joined="outside-life"`, `not_joined="not-issued"`,
				`not_joined="no-identity"`, `not_joined="no-time"`, `dataset="odd"`, `dataset="labels"`, `verb="delete"`, `run="churn-1"`, `place="s3://acme-ml/churn/a b"`)
		})
	}
}

func TestDatabricksJoinsAsHere(t *testing.T) {
	t.Parallel()
	for seed := range uint64(rounds) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w := world{rand.New(rand.NewPCG(seed, 2))}
			dir, records := shipped(t, w.records(250))
			log := w.audit(1500, records)
			j := tracesql.Join{
				Engine: sqltext.Databricks, Since: begin.Add(-time.Hour), Until: begin.Add(24 * time.Hour), Record: "dbxaccess_record", Log: "audit_log",
				RecordAt: "s3://acme-audit/record/", Datasets: datasets(t),
			}
			query, err := j.Query()
			if err != nil {
				t.Fatal(err)
			}
			db := open(t)
			recordTable(t, db, "lines", dir)
			run(t, db, "CREATE TABLE dbxaccess_record AS SELECT line, CAST(day AS DATE) AS day FROM lines")
			lines := make([]string, len(log))
			for i, row := range log {
				lines[i] = text(t, row)
			}
			auditTable(t, db, lines)
			there, columns := rowsOf(t, ask(t, db, asDuck(query)))
			here := local(t, records, trace.Databricks, strings.Join(lines, "\n"), columns)
			same(t, here, there, `joined_by="user"`, `joined_by="service-principal"`, `not_joined="contradictory"`, `not_joined="ambiguous"`, `not_joined="outside-life"`, `not_joined="not-issued"`, `not_joined="no-identity"`,
				`not_joined="no-time"`, `dataset="odd"`, `dataset="labels"`, `verb="write"`, `verb="delete"`, `refused="403"`, `person="o'hara\\x"`)
		})
	}
}
