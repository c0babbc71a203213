package tracecmd

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/audit/trace"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// atAthena are the flags of a query over two days.
var atAthena = []string{
	"--sql", "athena", "--run", "--since", "2026-11-28", "--until", "2026-11-30", "--record-at", "s3://acme-audit/record",
	"--cloudtrail", "s3://acme-trail/AWSLogs/111122223333/CloudTrail/us-east-1/", "--results", "s3://acme-athena/",
}

// lake is S3, whose days have a gigabyte each, and Athena, which answers with rows.
type lake struct {
	columns []string
	rows    [][]any
	denied  bool // S3 lists nothing

	mu    sync.Mutex
	asked []string // statements, and prefixes
}

func (l *lake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	operation, athena := strings.CutPrefix(r.Header.Get("X-Amz-Target"), "AmazonAthena.")
	if !athena {
		if l.denied {
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `<Error><Code>AccessDenied</Code></Error>`)
			return
		}
		l.asked = append(l.asked, r.URL.Query().Get("prefix"))
		fmt.Fprintf(w, `<ListBucketResult><Contents><Key>%sx</Key><Size>1000000000</Size></Contents></ListBucketResult>`, r.URL.Query().Get("prefix"))
		return
	}
	body, _ := io.ReadAll(r.Body)
	cell := func(value any) map[string]any {
		if value == nil {
			return map[string]any{}
		}
		return map[string]any{"VarCharValue": fmt.Sprint(value)}
	}
	answer := map[string]any{}
	switch operation {
	case "StartQueryExecution":
		var in struct{ QueryString string }
		_ = json.Unmarshal(body, &in)
		l.asked = append(l.asked, in.QueryString)
		answer["QueryExecutionId"] = "q"
	case "GetQueryExecution":
		answer["QueryExecution"] = map[string]any{"Status": map[string]any{"State": "SUCCEEDED"}, "Statistics": map[string]any{"DataScannedInBytes": 4_200_000_000}}
	case "GetQueryResults":
		var info, head, rows []map[string]any
		for _, name := range l.columns {
			info, head = append(info, map[string]any{"Name": name, "Type": "varchar"}), append(head, cell(name))
		}
		rows = append(rows, map[string]any{"Data": head})
		for _, row := range l.rows {
			var data []map[string]any
			for _, value := range row {
				data = append(data, cell(value))
			}
			rows = append(rows, map[string]any{"Data": data})
		}
		answer["ResultSet"] = map[string]any{"Rows": rows, "ResultSetMetadata": map[string]any{"ColumnInfo": info}}
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	_ = json.NewEncoder(w).Encode(answer)
}

// lakeOf answers with what the local join says of the setting's log.
func lakeOf(t *testing.T, s *setting) *lake {
	t.Helper()
	s.write("1.json.gz", trail())
	if err := s.run(t.Context(), "--cloudtrail", s.path("1.json.gz"), "-o", "json"); err != nil {
		t.Fatal(err)
	}
	var local struct{ Accesses []map[string]any }
	decoder := json.NewDecoder(bytes.NewReader(s.out.Bytes()))
	decoder.UseNumber()
	if err := decoder.Decode(&local); err != nil {
		t.Fatal(err)
	}
	l := &lake{}
	for name := range local.Accesses[0] {
		l.columns = append(l.columns, name)
	}
	for _, a := range local.Accesses {
		var row []any
		for _, name := range l.columns {
			row = append(row, a[name])
		}
		l.rows = append(l.rows, row)
	}
	server := httptest.NewServer(l)
	t.Cleanup(server.Close)
	s.env = map[string]string{
		"AWS_ACCESS_KEY_ID": "ASIAX", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t", "AWS_ENDPOINT_URL_S3": server.URL, "AWS_ENDPOINT_URL_ATHENA": server.URL,
	}
	return l
}

// What an engine answers is told as what is joined here.
func TestTheAnswerOfSQLIsThatOfTheLocalJoin(t *testing.T) {
	t.Parallel()
	s := newSetting(t)
	l := lakeOf(t, s)
	type answer struct {
		Accesses  []trace.Access     `json:"accesses"`
		Joined    map[trace.By]int64 `json:"joined"`
		NotJoined []notJoined        `json:"not_joined"`
		People    []personSum        `json:"people"`
		Datasets  []datasetSum       `json:"datasets"`
		Runs      []runSum           `json:"runs"`
		Grants    []grantSum         `json:"grants"`
	}
	read := func() (a answer) {
		if err := json.Unmarshal(s.out.Bytes(), &a); err != nil {
			t.Fatal(err)
		}
		return a
	}
	here := read()
	if err := s.run(t.Context(), append(atAthena, "--yes", "--create", "-o", "json")...); err != nil {
		t.Fatal(err)
	}
	if there := read(); !reflect.DeepEqual(here, there) || len(there.Accesses) != 72 {
		t.Errorf("here %+v\nby SQL %+v", here, there)
	}
	// Of the log the days and one more, of the record two more on each side, read twice.
	if !strings.Contains(s.err.String(), "Athena in us-east-1 reads about 18 GB (11 objects), which costs about 0.09 USD") {
		t.Error(s.err.String())
	}
	l.mu.Lock()
	asked := strings.Join(l.asked, "\n")
	l.mu.Unlock()
	for _, want := range []string{"AWSLogs/111122223333/CloudTrail/us-east-1/2026/12/01/", "record/day=2026-11-26/", "record/day=2026-12-02/", "CREATE EXTERNAL TABLE IF NOT EXISTS `dbxaccess`.`dbxaccess_cloudtrail`", "WITH record AS"} {
		if strings.Count(asked, want) != 1 {
			t.Errorf("%s was asked for %d times", want, strings.Count(asked, want))
		}
	}
	for output, want := range map[string]string{
		"table": "70 of 72 accesses joined by athena, which read 4.2 GB.", "csv": "2026-11-28T09:00:00Z,cloudtrail,alice,alice@acme.example,acme,churn-1,laptop", "html": "<h2>At which hours</h2>",
	} {
		if err := s.run(t.Context(), append(atAthena, "--yes", "-o", output)...); err != nil || !strings.Contains(s.out.String(), want) {
			t.Errorf("%s: %v\n%s", output, err, s.out.String())
		}
	}
}

func TestNothingIsRunUnasked(t *testing.T) {
	t.Parallel()
	s := newSetting(t)
	l := lakeOf(t, s)
	l.denied = true
	if err := s.run(t.Context(), atAthena...); ui.IDOf(err) != "trace-sql-unconfirmed" || !strings.Contains(s.err.String(), "is not known, as its objects can't be listed") {
		t.Error(err, s.err.String())
	}
	for typed, id := range map[string]ui.ID{"n\n": "trace-sql-declined", "\n": "trace-sql-declined", "y\n": ""} {
		s.typed = typed
		if err := s.run(t.Context(), atAthena...); ui.IDOf(err) != id {
			t.Errorf("%q: %v", typed, err)
		}
	}
	if len(l.asked) != 1 {
		t.Errorf("%d statements were run", len(l.asked))
	}
	s.typed = ""
	for i := range l.rows[0] {
		l.rows[0][i] = "?"
	}
	if err := s.run(t.Context(), append(atAthena, "--yes")...); ui.IDOf(err) != "trace-sql-answer" {
		t.Error(err)
	}
	for args, id := range map[string]ui.ID{
		"--workgroup a\x1bb":                  "trace-sql-workgroup",
		"--results acme":                      "trace-address-invalid",
		"--as ml-trainer --profile audit":     "aws-source-several",
		"--warehouse x":                       "trace-sql-flag",
		"--sql databricks --run --results s3": "trace-sql-flag",
	} {
		if err := s.run(t.Context(), append(atAthena, strings.Fields(args)...)...); ui.IDOf(err) != id {
			t.Errorf("%s: %v", args, err)
		}
	}
	for args, id := range map[string]ui.ID{
		"--run --cloudtrail x": "trace-sql-flag", "--cloudtrail x --yes": "trace-sql-flag", "--sql databricks --yes": "trace-sql-flag",
		"--sql databricks --run --record-at s3://acme-audit/record": "trace-sql-warehouse",
	} {
		if err := s.run(t.Context(), strings.Fields(args)...); ui.IDOf(err) != id {
			t.Errorf("%s: %v", args, err)
		}
	}
}
