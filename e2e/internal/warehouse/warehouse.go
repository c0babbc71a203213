// Package warehouse is the double of a Databricks SQL warehouse, as far as a first query goes: it opens a session, answers any
// statement with the name of the person, and closes. Whom a token stands for the workspace itself is asked, with each request.
//
// Its clients insist on TLS, so it has a certificate of its own, which a client must be told to trust.
package warehouse

import (
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"testing"
)

// Path of the warehouse, as clients are configured with it.
const Path = "/sql/1.0/warehouses/42"

// Server is a running warehouse.
type Server struct {
	Host, Port  string
	Certificate string // the file of the certificate, PEM

	workspace string
}

// Start starts the warehouse of a workspace, which is at http://host:port. It ends with the test.
func Start(t testing.TB, workspace string) *Server {
	t.Helper()
	s := &Server{workspace: workspace, Certificate: filepath.Join(t.TempDir(), "warehouse.pem")}
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+Path, s.call)
	server := httptest.NewTLSServer(mux)
	t.Cleanup(server.Close)
	address, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	s.Host, s.Port = address.Hostname(), address.Port()
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(s.Certificate, certificate, 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *Server) call(w http.ResponseWriter, r *http.Request) {
	person, status := s.person(r)
	if status != http.StatusOK {
		http.Error(w, "the workspace does not take the token", status)
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	method, sequence, ok := readCall(body)
	answer, known := map[string]structure{
		"OpenSession":      openSession(),
		"ExecuteStatement": executed(person),
		"CloseOperation":   {{1, success}},
		"CloseSession":     {{1, success}},
	}[method]
	if !ok || !known {
		http.Error(w, "not a call of this double: "+method, http.StatusNotImplemented)
		return
	}
	w.Header().Set("Content-Type", "application/x-thrift")
	_, _ = w.Write(reply(method, sequence, answer))
}

// person asks the workspace whose the token of a request is.
func (s *Server) person(r *http.Request) (name string, status int) {
	request, err := http.NewRequestWithContext(r.Context(), http.MethodGet, s.workspace+"/api/2.0/preview/scim/v2/Me", nil)
	if err != nil {
		return "", http.StatusInternalServerError
	}
	request.Header.Set("Authorization", r.Header.Get("Authorization"))
	resp, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", http.StatusBadGateway
	}
	defer func() { _ = resp.Body.Close() }()
	var me struct{ UserName string }
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&me); err != nil && resp.StatusCode == http.StatusOK {
		return "", http.StatusBadGateway
	}
	return me.UserName, resp.StatusCode
}

// What the structures below say, field by field, is in the interface definition that comes with the clients:
// https://github.com/databricks/databricks-sql-nodejs/blob/main/thrift/TCLIService.thrift
const (
	statusSuccess  int32 = 0
	protocolV8     int32 = 42248
	stateFinished  int32 = 2
	typeString     int32 = 7
	columnBased    int32 = 1
	directResults  int16 = 1281
	resultFormat   int16 = 1281
	executeRequest int32 = 0
)

var (
	success = structure{{1, statusSuccess}}
	// The driver takes only what is a UUID (RFC 9562): of version 4 here.
	handle = structure{{1, []byte{6: 0x40, 8: 0x80, 15: 1}}, {2, make([]byte, 16)}}
)

func openSession() structure {
	return structure{{1, success}, {2, protocolV8}, {3, structure{{1, handle}}}}
}

// executed is a statement that is done, with its result: one row of one column.
func executed(value string) structure {
	column := structure{{1, "user_name"}, {2, structure{{1, list{structure{{1, structure{{1, typeString}}}}}}}}, {3, int32(1)}}
	rows := structure{{1, int64(0)}, {2, list{}}, {3, list{structure{{7, structure{{1, list{value}}, {2, []byte{0}}}}}}}}
	return structure{
		{1, success},
		{2, structure{{1, handle}, {2, executeRequest}, {3, true}}},
		{directResults, structure{
			{1, structure{{1, success}, {2, stateFinished}}},
			{2, structure{{1, success}, {2, structure{{1, list{column}}}}, {resultFormat, columnBased}}},
			{3, structure{{1, success}, {2, false}, {3, rows}}},
			{4, structure{{1, success}}},
		}},
	}
}
