package tracesql

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/audit/sqltext"
	"github.com/dbxaccess/dbxaccess/internal/audit/trace"
)

var update = flag.Bool("update", false, "rewrite golden files")

func join(engine sqltext.Engine, datasets map[string]*accessmap.Dataset) Join {
	since := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	return Join{
		Engine: engine, Since: since, Until: since.AddDate(0, 1, 0), Record: "main.dbxaccess_record", Log: "main.logged",
		RecordAt: "s3://acme-audit/dbxaccess/", LogAt: "s3://acme-trail/AWSLogs/111122223333/CloudTrail/us-east-1/",
		Datasets: trace.DatasetsOf(&accessmap.Map{Datasets: datasets}),
	}
}

// What it says is held to the local join in e2e/tracesql; here it is read.
func TestGolden(t *testing.T) {
	t.Parallel()
	churn := map[string]*accessmap.Dataset{
		"churn":  {Locations: []accessmap.Location{{Bucket: "acme-ml", Prefix: "churn/"}}},
		"labels": {Locations: []accessmap.Location{{Bucket: "acme-ml", Prefix: "churn/labels/"}}},
	}
	for _, engine := range []sqltext.Engine{sqltext.Athena, sqltext.Databricks} {
		j := join(engine, churn)
		tables, err := j.Tables()
		if err != nil {
			t.Fatal(err)
		}
		query, err := j.Query()
		if err != nil {
			t.Fatal(err)
		}
		name, got := filepath.Join("testdata", string(engine)+".sql"), tables+"\n"+query
		if *update {
			if err := os.WriteFile(name, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(name)
		if err != nil || got != string(want) {
			t.Errorf("%s is otherwise: go test ./internal/audit/trace/tracesql -update (%v)", name, err)
		}
	}
}

// No text of a map or a flag ends the literal or the name that it stands in.
func TestHostileTexts(t *testing.T) {
	t.Parallel()
	const hostile = "x'); DROP TABLE t; -- \\' ` \" \n /* {{.Record}} ${day}"
	for engine, ends := range map[sqltext.Engine][]string{
		sqltext.Athena:     {`"main"."x'); DROP TABLE t; -- \' ` + "`" + ` "" ` + "\n" + ` /* {{"`, `'x''); DROP`},
		sqltext.Databricks: {"`main`.`x'); DROP TABLE t; -- \\' `` \" \n /* {{`", `'x\'); DROP TABLE t; -- \\\' `},
	} {
		j := join(engine, map[string]*accessmap.Dataset{"churn": {Locations: []accessmap.Location{{Bucket: "acme-ml", Prefix: hostile}}}})
		j.Record, j.Log = "main."+hostile, "main."+hostile
		query, err := j.Query()
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range ends {
			if !strings.Contains(query, want) {
				t.Errorf("%s: no %s in\n%s", engine, want, query)
			}
		}
		bare := strings.NewReplacer(engine.Text(hostile), "", engine.Name("main."+hostile), "").Replace(query)
		if strings.Contains(bare, "DROP") {
			t.Errorf("%s: %s", engine, bare)
		}
	}
}

func TestTooManyDatasets(t *testing.T) {
	t.Parallel()
	many := map[string]*accessmap.Dataset{}
	for i := range 5000 {
		many[fmt.Sprint("dataset-", i)] = &accessmap.Dataset{Locations: []accessmap.Location{{Bucket: "acme-ml", Prefix: fmt.Sprintf("%060d/", i)}}}
	}
	if _, err := join(sqltext.Athena, many).Query(); !errors.Is(err, ErrTooLong) {
		t.Error(err)
	}
	if _, err := join(sqltext.Athena, nil).Query(); err != nil {
		t.Error(err)
	}
}
