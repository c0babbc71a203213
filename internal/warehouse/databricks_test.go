package warehouse

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
	"github.com/dbxaccess/dbxaccess/internal/workspace"
)

func databricksAt(t *testing.T, answers map[string][]string) (*Databricks, func() []string) {
	t.Helper()
	address, asked := server(t, func(r *http.Request) string { return r.Method + " " + r.URL.Path }, answers)
	client, err := workspace.New(httpclient.New(httpclient.Options{Getenv: func(string) string { return "" }}), &databricks.Token{Host: address, AccessToken: secret.New("dapi-x")}, workspace.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return &Databricks{Workspace: func(context.Context) (*workspace.Client, error) { return client, nil }, Warehouse: "w1"}, asked
}

const (
	post     = "POST " + statementsPath
	get      = "GET " + statementsPath + "/s-1"
	nextPart = get + "/result/chunks/1"
	pending  = `{"statement_id":"s-1","status":{"state":"PENDING"}}`
	manifest = `"manifest":{"total_chunk_count":2,"schema":{"columns":[{"name":"a"},{"name":"b"}]}}`
	done     = `{"statement_id":"s-1","status":{"state":"SUCCEEDED"},` + manifest + `,"result":{"data_array":[["1",null]],"next_chunk_index":1}}`
)

func TestAnAnswerOfDatabricksIsReadPartByPart(t *testing.T) {
	t.Parallel()
	d, asked := databricksAt(t, map[string][]string{post: {pending}, get: {pending, done}, nextPart: {`{"data_array":[["2","x"]]}`}})
	var rows []string
	if err := d.Query(t.Context(), "SELECT 1;\n", collect(&rows)); err != nil {
		t.Fatal(err)
	}
	if strings.Join(rows, " ") != "a,b=1, a,b=2,x" {
		t.Errorf("%q", rows)
	}
	if first := asked()[0]; !strings.Contains(first, `"statement":"SELECT 1"`) || !strings.Contains(first, `"warehouse_id":"w1"`) {
		t.Error(first)
	}
}

func TestWhatDatabricksRefuses(t *testing.T) {
	t.Parallel()
	for of, c := range map[string]struct {
		start, state, part string
		id                 ui.ID
	}{
		"no warehouse":    {start: `404 {"error_code":"RESOURCE_DOES_NOT_EXIST","message":"no"}`, id: "workspace-has-none"},
		"no ID":           {start: `{}`, id: "query-answer"},
		"an ID of a path": {start: `{"statement_id":"../x"}`, id: "query-answer"},
		"failed":          {state: `{"status":{"state":"FAILED","error":{"error_code":"BAD_REQUEST","message":"no table"}}}`, id: "query-failed"},
		"closed":          {state: `{"status":{"state":"CLOSED"}}`, id: "query-failed"},
		"cut short":       {state: `{"status":{"state":"SUCCEEDED"},"manifest":{"truncated":true}}`, id: "query-too-much"},
		"a short row":     {state: `{"status":{"state":"SUCCEEDED"},"result":{"data_array":[["1"]]}}`, id: "query-answer"},
		"parts astray":    {part: `{"data_array":[],"next_chunk_index":1}`, id: "query-answer"},
		"parts missing":   {state: `{"status":{"state":"SUCCEEDED"},` + manifest + `,"result":{"data_array":[]}}`, id: "query-answer"},
	} {
		t.Run(of, func(t *testing.T) {
			t.Parallel()
			answers := map[string][]string{post: {pending}, get: {done}, nextPart: {`{"data_array":[]}`}, post + "/s-1/cancel": {"{}"}}
			for name, text := range map[string]string{post: c.start, get: c.state, nextPart: c.part} {
				if text != "" {
					answers[name] = []string{text}
				}
			}
			d, _ := databricksAt(t, answers)
			err := d.Query(t.Context(), "SELECT 1", func([]string, []string) error { return nil })
			if ui.IDOf(err) != c.id || strings.Contains(err.Error(), "dapi-x") {
				t.Errorf("%q %v", ui.IDOf(err), err)
			}
		})
	}
}

func TestAnInterruptedStatementIsStopped(t *testing.T) {
	t.Parallel()
	for answer, id := range map[string]ui.ID{`{}`: "query-stopped", `403 {"error_code":"PERMISSION_DENIED","message":"no"}`: "query-not-stopped"} {
		d, asked := databricksAt(t, map[string][]string{post: {pending}, get: {pending}, post + "/s-1/cancel": {answer}})
		ctx, cancel := context.WithCancel(t.Context())
		d.Tell = func(Status) { cancel() }
		err := d.Execute(ctx, "SELECT 1")
		cancel()
		if list := asked(); ui.IDOf(err) != id || !strings.HasPrefix(list[len(list)-1], post+"/s-1/cancel") {
			t.Error(err, list)
		}
	}
}
