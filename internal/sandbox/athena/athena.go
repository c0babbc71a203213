// Package athena is the double of Amazon Athena, as far as queries go: they are started, asked about, stopped, and answered in pages.
//
// In come signed requests of its JSON protocol, out go the rows that the behaviour names, whatever was asked: it runs no SQL. It must never
// take a signature that is not good, or a query without a place for its answer, as Athena does not.
package athena

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/aws"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
)

const (
	path    = "/athena/"
	service = "athena"
	target  = "AmazonAthena."
)

// Athena is an account's.
type Athena struct {
	h       *harness.Harness
	account *aws.Account
	queries []*harness.Query
}

// New is one that was asked nothing so far.
func New(h *harness.Harness, account *aws.Account) *Athena { return &Athena{h: h, account: account} }

// Routes are those of its one address.
func (a *Athena) Routes() []harness.Route {
	return []harness.Route{{
		Endpoint: harness.Athena, Method: http.MethodPost, Path: path, Answer: a.answer, Detail: operation, Error: failure,
		Body: func(r *http.Request, body []byte) (int, string) {
			if r.Header.Get("Content-Type") != "application/x-amz-json-1.1" || !json.Valid(body) {
				return http.StatusBadRequest, "no JSON of AWS's"
			}
			r.PostForm = map[string][]string{"": {string(body)}}
			return 0, ""
		},
	}}
}

// AthenaURL is what AWS_ENDPOINT_URL_ATHENA is set to.
func (a *Athena) AthenaURL() string { return a.h.Origin() + path }

// AthenaQueries are those that were started, oldest first.
func (a *Athena) AthenaQueries() []harness.Query {
	a.h.Lock()
	defer a.h.Unlock()
	var all []harness.Query
	for _, q := range a.queries {
		all = append(all, *q)
	}
	return all
}

func operation(r *http.Request) string {
	return strings.TrimPrefix(r.Header.Get("X-Amz-Target"), target)
}

// request is what operations are asked with.
type request struct {
	QueryString, ClientRequestToken, WorkGroup, QueryExecutionID, NextToken string

	MaxResults          int
	ResultConfiguration struct{ OutputLocation string }
}

// answer holds the lock.
func (a *Athena) answer(r *http.Request) *harness.Reply {
	name := operation(r)
	if _, code, message := a.account.Caller(r, service, name); code != "" {
		return failure(code, message)
	}
	var in request
	if err := json.Unmarshal([]byte(r.PostForm.Get("")), &in); err != nil {
		return failure("SerializationException", err.Error())
	}
	if name == "StartQueryExecution" {
		return a.start(in)
	}
	at := slices.IndexFunc(a.queries, func(q *harness.Query) bool { return q.ID == in.QueryExecutionID })
	if at < 0 {
		a.h.Unexpectedf("POST %s: %s of an unknown query", path, name)
		return failure("InvalidRequestException", "QueryExecution "+in.QueryExecutionID+" was not found")
	}
	q := a.queries[at]
	switch name {
	case "GetQueryExecution":
		return a.status(q)
	case "StopQueryExecution":
		q.Stopped = true
		return reply(map[string]any{})
	case "GetQueryResults":
		return a.results(in)
	}
	a.h.Unexpectedf("POST %s: operation %q", path, name)
	return failure("UnknownOperationException", "")
}

func (a *Athena) start(in request) *harness.Reply {
	switch n := len(in.ClientRequestToken); {
	case n < 32 || n > 128:
		a.h.Unexpectedf("POST %s: a request token of %d characters", path, n)
		return failure("InvalidRequestException", "ClientRequestToken has to have 32 to 128 characters")
	case in.ResultConfiguration.OutputLocation == "" && (in.WorkGroup == "" || in.WorkGroup == "primary"):
		return failure("InvalidRequestException", "No output location provided. An output location is required either through the Workgroup result configuration setting or as an API input.")
	}
	q := &harness.Query{ID: harness.UUID(), Statement: in.QueryString}
	a.queries = append(a.queries, q)
	return reply(map[string]any{"QueryExecutionId": q.ID})
}

func (a *Athena) status(q *harness.Query) *harness.Reply {
	answer := &a.h.Behaviour.Answer
	status := map[string]any{"State": "RUNNING"}
	switch over := q.Over(answer); {
	case q.Stopped:
		status["State"] = "CANCELLED"
	case over && answer.Fails != "":
		status["State"], status["StateChangeReason"] = "FAILED", answer.Fails
	case over:
		status["State"] = "SUCCEEDED"
	}
	return reply(map[string]any{"QueryExecution": map[string]any{
		"QueryExecutionId": q.ID, "Status": status, "Statistics": map[string]any{"DataScannedInBytes": answer.Scanned},
	}})
}

// results are a page; the first one begins with the names of the columns.
func (a *Athena) results(in request) *harness.Reply {
	answer := &a.h.Behaviour.Answer
	number, _ := strconv.Atoi(in.NextToken) // none is the first
	part, more := answer.Part(number)
	var rows, columns []map[string]any
	row := func(cells []*string) map[string]any {
		data := []map[string]any{}
		for _, cell := range cells {
			datum := map[string]any{}
			if cell != nil {
				datum["VarCharValue"] = *cell
			}
			data = append(data, datum)
		}
		return map[string]any{"Data": data}
	}
	var names []*string
	for _, name := range answer.Columns {
		names = append(names, &name)
		columns = append(columns, map[string]any{"Name": name, "Type": "varchar"})
	}
	if number == 0 {
		rows = append(rows, row(names))
	}
	for _, cells := range part {
		rows = append(rows, row(cells))
	}
	out := map[string]any{"ResultSet": map[string]any{"Rows": rows, "ResultSetMetadata": map[string]any{"ColumnInfo": columns}}}
	if more {
		out["NextToken"] = strconv.Itoa(number + 1)
	}
	return reply(out)
}

func reply(fields map[string]any) *harness.Reply {
	r := harness.JSON(http.StatusOK, fields)
	r.ContentType = "application/x-amz-json-1.1"
	return r
}

// failure is an error of the protocol. https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html#operation-error-serialization
func failure(code, message string) *harness.Reply {
	r := reply(map[string]any{"__type": code, "message": message})
	r.Status = http.StatusBadRequest
	if code == "InternalServerException" || code == "ServiceUnavailable" {
		r.Status = http.StatusInternalServerError
	}
	return r
}
