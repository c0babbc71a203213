package workspace

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
)

// Warehouse is the ID of the one SQL warehouse, which runs no SQL: see harness.Answer.
const Warehouse = "4a1b2c3d4e5f6071"

const (
	statementsPath  = "/api/2.0/sql/statements"
	statementID     = "statement" // of a path
	warehouseID     = "warehouse" // of a path
	mostChunks      = 8           // of an answer, beside the first
	statementMember = "request"   // of PostForm
)

// statementRoutes are those of the Statement Execution API: https://docs.databricks.com/api/workspace/statementexecution
func (w *Workspace) statementRoutes() []harness.Route {
	const get, post = http.MethodGet, http.MethodPost
	one := statementsPath + "/{" + statementID + "}"
	readJSON := func(r *http.Request, body []byte) (int, string) {
		if r.Header.Get("Content-Type") != "application/json" || !json.Valid(body) {
			return http.StatusBadRequest, "the body is no JSON"
		}
		r.PostForm = map[string][]string{statementMember: {string(body)}}
		return 0, ""
	}
	routes := []harness.Route{
		{Endpoint: harness.Statements, Method: post, Path: statementsPath, Answer: w.bearing(w.execute), Error: apiError, Body: readJSON},
		{Endpoint: harness.Statements, Method: get, Path: one, Answer: w.bearing(w.statement), Error: apiError},
		{Endpoint: harness.StatementsCancel, Method: post, Path: one + "/cancel", Answer: w.bearing(w.cancel), Error: apiError, Body: readJSON},
		{Endpoint: harness.Warehouse, Method: get, Path: "/api/2.0/sql/warehouses/{" + warehouseID + "}", Answer: w.bearing(w.warehouse), Error: apiError},
	}
	for n := 1; n <= mostChunks; n++ {
		routes = append(routes, harness.Route{
			Endpoint: harness.Statements, Method: get, Path: one + "/result/chunks/" + strconv.Itoa(n), Error: apiError,
			Answer: w.bearing(func(*http.Request) *harness.Reply { return harness.JSON(http.StatusOK, w.chunk(n)) }),
		})
	}
	return routes
}

// StatementQueries are those that the warehouse was asked to run, oldest first.
func (w *Workspace) StatementQueries() []harness.Query {
	w.h.Lock()
	defer w.h.Unlock()
	var all []harness.Query
	for _, q := range w.queries {
		all = append(all, *q)
	}
	return all
}

// bearing answers those who have a token for all APIs.
func (w *Workspace) bearing(answer func(*http.Request) *harness.Reply) func(*http.Request) *harness.Reply {
	return func(r *http.Request) *harness.Reply {
		of, refused := w.bearer(r)
		switch {
		case refused != nil:
			return refused
		case !of.permits(r, anyAPI):
			return outOfScope("sql")
		}
		return answer(r)
	}
}

func (w *Workspace) execute(r *http.Request) *harness.Reply {
	var in struct {
		Warehouse   string `json:"warehouse_id"`
		Statement   string `json:"statement"`
		Wait        string `json:"wait_timeout"`
		Disposition string `json:"disposition"`
		Format      string `json:"format"`
	}
	switch err := json.Unmarshal([]byte(r.PostForm.Get(statementMember)), &in); {
	case err != nil || in.Statement == "" || in.Wait != "0s" || in.Disposition != "INLINE" || in.Format != "JSON_ARRAY":
		w.h.Unexpectedf("POST %s: %v", statementsPath, in)
		return refusal(http.StatusBadRequest, "INVALID_PARAMETER_VALUE", "the request can't be read")
	case in.Warehouse != Warehouse:
		return refusal(http.StatusNotFound, "RESOURCE_DOES_NOT_EXIST", in.Warehouse+" is not a valid endpoint id.")
	}
	q := &harness.Query{ID: harness.UUID(), Statement: in.Statement}
	w.queries = append(w.queries, q)
	return harness.JSON(http.StatusOK, map[string]any{"statement_id": q.ID, "status": map[string]any{"state": "PENDING"}})
}

func (w *Workspace) statement(r *http.Request) *harness.Reply {
	q := w.query(r)
	if q == nil {
		return refusal(http.StatusNotFound, "NOT_FOUND", "The statement does not exist.")
	}
	answer := &w.h.Behaviour.Answer
	status, fields := map[string]any{"state": "RUNNING"}, map[string]any{"statement_id": q.ID}
	fields["status"] = status
	switch over := q.Over(answer); {
	case q.Stopped:
		status["state"] = "CANCELED"
	case over && answer.Fails != "":
		status["state"], status["error"] = "FAILED", map[string]any{"error_code": "BAD_REQUEST", "message": answer.Fails}
	case over:
		status["state"] = "SUCCEEDED"
		var columns []map[string]any
		for i, name := range answer.Columns {
			columns = append(columns, map[string]any{"name": name, "position": i, "type_name": "STRING"})
		}
		chunks := 1
		for _, more := answer.Part(0); more; _, more = answer.Part(chunks - 1) {
			chunks++
		}
		fields["manifest"] = map[string]any{"format": "JSON_ARRAY", "schema": map[string]any{"columns": columns}, "total_chunk_count": chunks, "truncated": false}
		fields["result"] = w.chunk(0)
	}
	return harness.JSON(http.StatusOK, fields)
}

// chunk is a part of the answer, from 0.
func (w *Workspace) chunk(n int) map[string]any {
	rows, more := w.h.Behaviour.Answer.Part(n)
	fields := map[string]any{"chunk_index": n, "row_count": len(rows), "data_array": rows}
	if more {
		fields["next_chunk_index"] = n + 1
	}
	return fields
}

func (w *Workspace) cancel(r *http.Request) *harness.Reply {
	q := w.query(r)
	if q == nil {
		return refusal(http.StatusNotFound, "NOT_FOUND", "The statement does not exist.")
	}
	q.Stopped = true
	return harness.JSON(http.StatusOK, map[string]any{})
}

func (w *Workspace) query(r *http.Request) *harness.Query {
	at := slices.IndexFunc(w.queries, func(q *harness.Query) bool { return q.ID == r.PathValue(statementID) })
	if at < 0 {
		w.h.Unexpectedf("%s %s: an unknown statement", r.Method, r.URL.Path)
		return nil
	}
	return w.queries[at]
}

func (w *Workspace) warehouse(r *http.Request) *harness.Reply {
	if r.PathValue(warehouseID) != Warehouse {
		return refusal(http.StatusNotFound, "RESOURCE_DOES_NOT_EXIST", "SQL warehouse "+r.PathValue(warehouseID)+" does not exist.")
	}
	return harness.JSON(http.StatusOK, map[string]any{"id": Warehouse, "name": "analysts", "cluster_size": "2X-Small", "state": "STOPPED"})
}
