package warehouse

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/sts"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// server answers operations, by their name or method and path, one answer after another; the last one again and again.
func server(t *testing.T, name func(*http.Request) string, answers map[string][]string) (address string, asked func() []string) {
	t.Helper()
	var seen []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		of := name(r)
		body, _ := io.ReadAll(r.Body)
		seen = append(seen, of+" "+string(body))
		list := answers[of]
		if len(list) == 0 {
			t.Errorf("%s was not expected", of)
			w.WriteHeader(http.StatusTeapot)
			return
		}
		if len(list) > 1 {
			answers[of] = list[1:]
		}
		status, text, found := strings.Cut(list[0], " ")
		code := http.StatusOK
		if _, err := fmt.Sscan(status, &code); err != nil || !found {
			code, text = http.StatusOK, list[0]
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		fmt.Fprint(w, text)
	}))
	t.Cleanup(s.Close)
	return s.URL, func() []string { return seen }
}

func athenaAt(t *testing.T, answers map[string][]string) (*Athena, func() []string) {
	t.Helper()
	address, asked := server(t, func(r *http.Request) string { return strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "AmazonAthena.") }, answers)
	a, err := NewAthena(AthenaOptions{
		HTTP: httpclient.New(httpclient.Options{Getenv: func(string) string { return "" }}), Region: "us-east-1", Endpoint: address, Results: "s3://acme-athena/",
		Keys: func(context.Context) (*sts.Credentials, error) {
			return &sts.Credentials{AccessKeyID: "ASIA1", SecretAccessKey: secret.New("s"), SessionToken: secret.New("t"), Expires: time.Now().Add(time.Hour)}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return a, asked
}

const (
	started = `{"QueryExecutionId":"q-1"}`
	running = `{"QueryExecution":{"Status":{"State":"RUNNING"},"Statistics":{"DataScannedInBytes":5}}}`
	over    = `{"QueryExecution":{"Status":{"State":"SUCCEEDED"},"Statistics":{"DataScannedInBytes":9}}}`
	heads   = `"ResultSetMetadata":{"ColumnInfo":[{"Name":"a","Type":"varchar"},{"Name":"b","Type":"varchar"}]}`
	first   = `{"ResultSet":{"Rows":[{"Data":[{"VarCharValue":"a"},{"VarCharValue":"b"}]},{"Data":[{"VarCharValue":"1"},{}]}],` + heads + `},"NextToken":"n"}`
	second  = `{"ResultSet":{"Rows":[{"Data":[{"VarCharValue":"a"},{"VarCharValue":"b"}]}],` + heads + `}}`
)

func collect(into *[]string) func(columns, values []string) error {
	return func(columns, values []string) error {
		*into = append(*into, strings.Join(columns, ",")+"="+strings.Join(values, ","))
		return nil
	}
}

func TestAnAnswerOfAthenaIsReadPageByPage(t *testing.T) {
	t.Parallel()
	a, asked := athenaAt(t, map[string][]string{
		"StartQueryExecution": {`400 {"__type":"TooManyRequestsException","message":"slow"}`, started},
		"GetQueryExecution":   {running, `500 {"__type":"InternalServerException"}`, over}, "GetQueryResults": {first, second},
	})
	var told []Status
	a.o.Tell = func(s Status) { told = append(told, s) }
	var rows []string
	if err := a.Query(t.Context(), "SELECT 1;\n", collect(&rows)); err != nil {
		t.Fatal(err)
	}
	// Only the first page begins with the names: the row of the second is one that looks like them.
	if strings.Join(rows, " ") != "a,b=1, a,b=a,b" || len(told) != 2 || told[1] != (Status{"SUCCEEDED", 9}) {
		t.Errorf("%q, %+v", rows, told)
	}
	var orders []map[string]any
	for _, request := range asked() {
		if text, ok := strings.CutPrefix(request, "StartQueryExecution "); ok {
			var o map[string]any
			if err := json.Unmarshal([]byte(text), &o); err != nil {
				t.Fatal(err)
			}
			orders = append(orders, o)
		}
	}
	if len(orders) != 2 || orders[0]["QueryString"] != "SELECT 1" || orders[0]["ClientRequestToken"] != orders[1]["ClientRequestToken"] {
		t.Errorf("a query that is asked for again is another: %v", orders)
	}
}

func TestWhatAthenaRefuses(t *testing.T) {
	t.Parallel()
	for of, c := range map[string]struct {
		start, state, results []string
		id                    ui.ID
		says                  string
	}{
		"denied":         {start: []string{`400 {"__type":"AccessDeniedException","message":"no\u001b[31m"}`}, id: "query-refused", says: "AccessDenied: no"},
		"no ID":          {start: []string{`{}`}, id: "query-answer"},
		"failed":         {state: []string{`{"QueryExecution":{"Status":{"State":"FAILED","StateChangeReason":"TABLE_NOT_FOUND"}}}`}, id: "query-failed", says: "TABLE_NOT_FOUND"},
		"cancelled":      {state: []string{`{"QueryExecution":{"Status":{"State":"CANCELLED"}}}`}, id: "query-failed"},
		"no state":       {state: []string{`{}`}, id: "query-answer"},
		"no columns":     {results: []string{`{"ResultSet":{"Rows":[]}}`}, id: "query-answer"},
		"a short row":    {results: []string{`{"ResultSet":{"Rows":[{"Data":[{}]}],` + heads + `}}`}, id: "query-answer"},
		"an endless one": {results: []string{first}, id: "query-answer", says: "lead to themselves"},
		"a web page":     {start: []string{"502 <html>"}, id: "server-unavailable"},
	} {
		t.Run(of, func(t *testing.T) {
			t.Parallel()
			answers := map[string][]string{"StartQueryExecution": {started}, "GetQueryExecution": {over}, "GetQueryResults": {second}, "StopQueryExecution": {"{}"}}
			for name, list := range map[string][]string{"StartQueryExecution": c.start, "GetQueryExecution": c.state, "GetQueryResults": c.results} {
				if list != nil {
					answers[name] = list
				}
			}
			a, _ := athenaAt(t, answers)
			err := a.Query(t.Context(), "SELECT 1", func([]string, []string) error { return nil })
			if of == "a web page" {
				if err == nil {
					t.Error("it is taken for an answer")
				}
				return
			}
			if ui.IDOf(err) != c.id || !strings.Contains(err.Error(), c.says) || strings.ContainsRune(err.Error(), '\x1b') {
				t.Error(err)
			}
		})
	}
}

// Who is interrupted stops the query, and learns if that did not work.
func TestAnInterruptedQueryIsStopped(t *testing.T) {
	t.Parallel()
	for answer, id := range map[string]ui.ID{`{}`: "query-stopped", `400 {"__type":"AccessDeniedException"}`: "query-not-stopped"} {
		a, asked := athenaAt(t, map[string][]string{"StartQueryExecution": {started}, "GetQueryExecution": {running}, "StopQueryExecution": {answer}})
		ctx, cancel := context.WithCancel(t.Context())
		a.o.Tell = func(Status) { cancel() }
		err := a.Execute(ctx, "SELECT 1")
		cancel()
		if list := asked(); ui.IDOf(err) != id || !strings.Contains(list[len(list)-1], `StopQueryExecution {"QueryExecutionId":"q-1"}`) {
			t.Error(err, list)
		}
	}
}

// So does who can't learn any more whether it is done.
func TestAQueryThatIsLostIsStopped(t *testing.T) {
	t.Parallel()
	for answer, id := range map[string]ui.ID{`{}`: "query-refused", `400 {"__type":"AccessDeniedException"}`: "query-not-stopped"} {
		a, asked := athenaAt(t, map[string][]string{
			"StartQueryExecution": {started}, "GetQueryExecution": {running, `400 {"__type":"ExpiredTokenException"}`}, "StopQueryExecution": {answer},
		})
		err := a.Execute(t.Context(), "SELECT 1")
		if list := asked(); err == nil || !strings.Contains(err.Error(), "ExpiredToken") || strings.Contains(err.Error(), "may go on") != (id == "query-not-stopped") ||
			!strings.Contains(list[len(list)-1], "StopQueryExecution") {
			t.Error(err, list)
		}
	}
}

func TestAthenaIsAskedAtNoOtherHost(t *testing.T) {
	t.Parallel()
	if _, err := NewAthena(AthenaOptions{Endpoint: "https://athena.evil.example"}); ui.IDOf(err) != "endpoint-untrusted" {
		t.Error(ui.IDOf(err), err)
	}
}
