package ship

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/credential"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const canary = "canary-0123456789abcdef"

// got is what a double was sent.
type got struct {
	path   string
	header http.Header
	body   []byte
}

// server is a double over TLS, its certificate, and what it is sent, in order.
func server(t *testing.T, answer http.HandlerFunc) (address, ca string, sent func() []got) {
	t.Helper()
	var all []got
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		all = append(all, got{r.URL.Path, r.Header, body})
		answer(w, r)
	}))
	t.Cleanup(s.Close)
	ca = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return s.URL, ca, func() []got { return all }
}

func open(t *testing.T, o Options) Sink {
	t.Helper()
	o.Name, o.Now = "siem", time.Now
	sink, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return sink
}

func says(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// lines are entries as they are read from a record.
func lines(t *testing.T, n int) []audit.Entry {
	t.Helper()
	r := newRecord(t)
	r.add(1, n)
	var all []audit.Entry
	for entry, err := range audit.ReadDir(r.dir) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, entry)
	}
	return all
}

// What each answer means, for each type of sink that posts.
func TestWhatAnswersMean(t *testing.T) {
	t.Parallel()
	const taken, again, refused, page = "", "again", "refused", "page"
	for _, c := range []struct {
		types    []string
		status   int
		body     string
		header   []string
		want     string
		rejected int
		id       ui.ID
	}{
		{types: []string{OTLP}, status: 200, body: `{"partialSuccess":{}}`},
		{types: []string{OTLP}, status: 200, body: `{}`},
		{types: []string{OTLP}, status: 200, body: `{"partialSuccess":{"rejectedLogRecords":"1","errorMessage":"too old"}}`, rejected: 1},
		{types: []string{OTLP}, status: 200, body: `{"partialSuccess":{"rejectedLogRecords":-4}}`},
		{types: []string{OTLP}, status: 200, body: `{"partialSuccess":{"rejectedLogRecords":2,"errorMessage":"no"}}`, want: refused, id: "audit-sink-refuses"},
		{types: []string{OTLP}, status: 200, body: ``, want: again},
		{types: []string{HEC}, status: 200, body: `{"text":"Success","code":0}`},
		{types: []string{HEC}, status: 200, body: `{"text":"Ack","code":0,"ackId":7}`},
		{types: []string{HEC}, status: 200, body: `{"text":"Success"}`, want: again},
		{types: []string{HEC}, status: 400, body: `{"text":"Invalid data format","code":6,"invalid-event-number":1}`, want: refused, id: "audit-sink-refuses"},
		{types: []string{HEC}, status: 403, body: `{"text":"Invalid token","code":4}`, want: again, id: "audit-sink-token-refused"},
		{types: []string{HEC}, status: 503, body: `{"text":"Server is busy","code":9}`, want: again, id: "service-down"},
		{types: []string{Webhook}, status: 204},
		{types: []string{Webhook}, status: 202, body: `queued`},
		{types: []string{OTLP, HEC, Webhook}, status: 400, body: `bad`, want: refused, id: "audit-sink-refuses"},
		{types: []string{OTLP, HEC, Webhook}, status: 413, want: refused},
		{types: []string{OTLP, HEC, Webhook}, status: 422, want: refused},
		{types: []string{OTLP, HEC, Webhook}, status: 401, body: `{}`, want: again, id: "audit-sink-token-refused"},
		{types: []string{OTLP, HEC, Webhook}, status: 404, want: again, id: "address-not-there"},
		{types: []string{OTLP, HEC, Webhook}, status: 408, want: again},
		{types: []string{OTLP, HEC, Webhook}, status: 429, header: []string{"Retry-After", "77"}, want: again, id: "service-busy"},
		{types: []string{OTLP, HEC, Webhook}, status: 500, want: again},
		{types: []string{OTLP, HEC, Webhook}, status: 503, header: []string{"Retry-After", "77"}, want: again, id: "service-down"},
		{types: []string{OTLP, HEC, Webhook}, status: 200, body: `<!doctype html><title>Sign in</title>`, want: page, id: "web-page-came"},
		{types: []string{OTLP, HEC, Webhook}, status: 307, header: []string{"Location", "/v2/logs"}, want: again, id: "redirect-refused"},
	} {
		for _, kind := range c.types {
			address, ca, _ := server(t, says(c.status, c.body+" "+canary, c.header...))
			if c.want == taken || strings.HasPrefix(c.body, "{") {
				address, ca, _ = server(t, says(c.status, c.body, c.header...))
			}
			sink := open(t, Options{Type: kind, URL: address, CAFile: ca, Token: secret.New(canary)})
			rejected, err := sink.Send(t.Context(), lines(t, 2))
			_, isRefused := errors.AsType[*RefusedError](err)
			switch {
			case (err == nil) != (c.want == taken), isRefused != (c.want == refused), rejected != c.rejected:
				t.Errorf("%s, %d %s: %d, %v", kind, c.status, c.body, rejected, err)
			case c.id != "" && ui.IDOf(err) != c.id:
				t.Errorf("%s, %d %s: %s, want %s (%v)", kind, c.status, c.body, ui.IDOf(err), c.id, err)
			case len(c.header) > 0 && c.header[0] == "Retry-After" && httpclient.AskedToWait(err) != 77*time.Second:
				t.Errorf("%s, %d: waits %s", kind, c.status, httpclient.AskedToWait(err))
			case err != nil && strings.Contains(err.Error(), canary):
				t.Errorf("%s, %d: the token is in %v", kind, c.status, err)
			}
		}
	}
}

func TestWhatIsPosted(t *testing.T) {
	t.Parallel()
	ok := `{"partialSuccess":{},"code":0}`
	for _, c := range []struct {
		o                          Options
		path, name, value, content string
	}{
		{Options{Type: OTLP}, "/v1/logs", "Authorization", "Bearer " + canary, "application/json"},
		{Options{Type: OTLP, Header: "Api-Key"}, "/v1/logs", "Api-Key", canary, "application/json"},
		{Options{Type: HEC}, "/services/collector/event", "Authorization", "Splunk " + canary, "application/json"},
		{Options{Type: Webhook}, "", "Authorization", "Bearer " + canary, "application/x-ndjson"},
	} {
		address, ca, sent := server(t, says(200, ok))
		var log bytes.Buffer
		c.o.URL, c.o.CAFile, c.o.Token = address, ca, secret.New(canary)
		c.o.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		want := lines(t, 3)
		if _, err := open(t, c.o).Send(t.Context(), want); err != nil {
			t.Fatal(err)
		}
		r := sent()[0]
		if strings.TrimSuffix(r.path, "/") != c.path || r.header.Get(c.name) != c.value || r.header.Get("Content-Type") != c.content || !strings.HasPrefix(r.header.Get("Idempotency-Key"), "c1-1-3-") {
			t.Errorf("%s: %s %v", c.o.Type, r.path, r.header)
		}
		if strings.Contains(log.String(), canary) || log.Len() == 0 {
			t.Errorf("%s: the log has %s", c.o.Type, log.String())
		}
		if got := linesIn(t, c.o.Type, r.body); !slices.Equal(got, texts(want)) {
			t.Errorf("%s: %s", c.o.Type, r.body)
		}
	}
}

func texts(lines []audit.Entry) (all []string) {
	for _, line := range lines {
		all = append(all, string(line.Line))
	}
	return all
}

// linesIn reads a body as a collector does, and returns the lines that went into it.
func linesIn(t *testing.T, kind string, body []byte) (all []string) {
	t.Helper()
	switch kind {
	case OTLP:
		type value struct{ StringValue, IntValue string }
		var export struct {
			ResourceLogs []struct {
				ScopeLogs []struct {
					LogRecords []struct {
						TimeUnixNano string
						Attributes   []struct {
							Key   string
							Value value
						}
						Body struct {
							KvlistValue struct {
								Values []struct {
									Key   string
									Value value
								}
							}
						}
					}
				}
			}
		}
		if err := json.Unmarshal(body, &export); err != nil {
			t.Fatal(err)
		}
		for i, record := range export.ResourceLogs[0].ScopeLogs[0].LogRecords {
			class, last := "", ""
			for _, member := range record.Body.KvlistValue.Values {
				if last = member.Key; last == "class_uid" {
					class = member.Value.IntValue
				}
			}
			if class != "6003" || last != "unmapped" || record.TimeUnixNano != []string{"1793523601123000000", "1793523602123000000", "1793523603123000000"}[i] {
				t.Errorf("class %s, last %s, time %s", class, last, record.TimeUnixNano)
			}
			for _, a := range record.Attributes {
				if a.Key == "log.record.original" {
					all = append(all, a.Value.StringValue)
				}
			}
		}
	case HEC:
		for d := json.NewDecoder(bytes.NewReader(body)); d.More(); {
			var e struct {
				Time, Host, Source string
				Fields             map[string]string
				Event              json.RawMessage
			}
			if err := d.Decode(&e); err != nil || e.Host != "laptop-7" || e.Source != "dbxaccess" || !strings.HasSuffix(e.Time, ".123") || e.Fields["chain"] != "c1" || e.Fields["sequence"] == "" {
				t.Fatalf("%v in %s", err, body)
			}
			all = append(all, string(e.Event))
		}
	default:
		for s := bufio.NewScanner(bytes.NewReader(body)); s.Scan(); {
			all = append(all, s.Text())
		}
	}
	return all
}

// The collector has the lines, and its answer is lost: they come again, in order.
func TestALostAnswer(t *testing.T) {
	t.Parallel()
	n := 0
	address, ca, sent := server(t, func(_ http.ResponseWriter, _ *http.Request) {
		if n++; n == 2 || n == 3 { // net/http itself tries once more, as the key makes it safe
			panic(http.ErrAbortHandler)
		}
	})
	r := newRecord(t)
	r.add(1, 1200)
	s := shipper(t, r, open(t, Options{Type: Webhook, URL: address, CAFile: ca}))
	first, err := s.Ship(t.Context())
	if err == nil || first.Sent == 0 {
		t.Fatalf("%+v, %v", first, err)
	}
	if second := must(t, s); first.Sent+second.Sent != 1200 {
		t.Errorf("%+v", second)
	}
	var all []byte
	for i, batch := range sent() {
		if i == 0 || i > 2 {
			all = append(all, batch.body...)
		}
	}
	want, _ := os.ReadFile(r.file(1))
	if !bytes.Equal(all, want) || !bytes.Equal(sent()[1].body, sent()[3].body) || sent()[1].header.Get("Idempotency-Key") != sent()[3].header.Get("Idempotency-Key") {
		t.Error("what came is not the file")
	}
}

func TestObjectsInABucket(t *testing.T) {
	t.Parallel()
	objects := map[string]string{}
	lost := true
	var sent func() []got
	var address, ca string
	address, ca, sent = server(t, func(w http.ResponseWriter, r *http.Request) {
		signed := r.Header.Get("Authorization")
		switch body := sent()[len(sent())-1].body; {
		case r.Method != http.MethodPut || r.Header.Get("If-None-Match") != "*" || !strings.Contains(signed, "/eu-west-1/s3/aws4_request") || !strings.Contains(signed, "if-none-match"):
			w.WriteHeader(http.StatusNotImplemented)
		case objects[r.URL.Path] != "":
			w.WriteHeader(http.StatusPreconditionFailed)
		default:
			objects[r.URL.Path] = string(body)
			if lost {
				lost = false
				panic(http.ErrAbortHandler)
			}
			w.Header().Set("ETag", `"x"`)
		}
	})
	fetched := 0
	keys := func(context.Context) (*credential.AWS, error) {
		fetched++
		return &credential.AWS{AccessKeyID: "ASIA1", SecretAccessKey: secret.New(canary), SessionToken: secret.New(canary), Expires: time.Now().Add(time.Hour)}, nil
	}
	r := newRecord(t)
	r.add(1, 3)
	sh := shipper(t, r, open(t, Options{Type: S3, URL: "s3://acme-record/prod/", Region: "eu-west-1", CAFile: ca, Endpoint: address, Keys: keys}))
	if _, err := sh.Ship(t.Context()); err == nil {
		t.Fatal("the answer was lost")
	}
	must(t, sh)
	r.add(1, 2)
	must(t, sh)
	var all []string
	names := make([]string, 0, len(objects))
	for name := range objects {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		all = append(all, objects[name])
	}
	want, _ := os.ReadFile(r.file(1))
	if len(names) != 2 || strings.Join(all, "") != string(want) || !strings.HasPrefix(names[0], "/acme-record/prod/c1/000000000001-000000000003-") || fetched != 1 {
		t.Errorf("%q, %d", names, fetched)
	}
}

func TestARefusalOfS3(t *testing.T) {
	t.Parallel()
	address, ca, _ := server(t, says(403, "<Error><Code>AccessDenied</Code><Message>no "+canary+"</Message></Error>"))
	fetched := 0
	sink := open(t, Options{Type: S3, URL: "s3://acme-record", Region: "eu-west-1", CAFile: ca, Endpoint: address, Keys: func(context.Context) (*credential.AWS, error) {
		fetched++
		return &credential.AWS{AccessKeyID: "ASIA1", SecretAccessKey: secret.New("x"), SessionToken: secret.New(canary)}, nil
	}})
	for range 2 {
		_, err := sink.Send(t.Context(), lines(t, 1))
		_, refused := errors.AsType[*RefusedError](err)
		if ui.IDOf(err) != "audit-sink-s3-refused" || refused || !strings.Contains(err.Error(), "AccessDenied") || strings.Contains(err.Error(), canary) {
			t.Errorf("%v", err)
		}
	}
	if fetched != 2 {
		t.Errorf("credentials that were refused are fetched again: %d", fetched)
	}
}

func TestSettingsOfSinksThatAreWrong(t *testing.T) {
	t.Parallel()
	for want, o := range map[string]Options{
		"type: ":                     {Type: "kafka", URL: "https://x.example.com"},
		"url: http://x.example.com":  {Type: OTLP, URL: "http://x.example.com"},
		"url: the address of host x": {Type: HEC, URL: "https://a:b@x.example.com"},
		"url: the address \"":        {Type: Webhook, URL: "x.example.com"},
		"header: Splunk":             {Type: HEC, URL: "https://x.example.com", Header: "X-Key"},
		"header: \"a b\"":            {Type: OTLP, URL: "https://x.example.com", Header: "a b"},
		"region: it is for":          {Type: OTLP, URL: "https://x.example.com", Region: "eu-west-1"},
		"region: \"\"":               {Type: S3, URL: "s3://acme-record"},
		"url: \"https://acme":        {Type: S3, URL: "https://acme-record", Region: "eu-west-1"},
		"url: \"s3://Acme":           {Type: S3, URL: "s3://Acme", Region: "eu-west-1"},
		"url: the prefix":            {Type: S3, URL: "s3://acme-record/a/../b", Region: "eu-west-1"},
		"partition: \"hour\" is not": {Type: S3, URL: "s3://acme-record", Region: "eu-west-1", Partition: "hour"},
		"partition: it is for":       {Type: OTLP, URL: "https://x.example.com", Partition: ByDay},
		"url: tcp://siem":            {Type: Syslog, URL: "tcp://siem.example.com"},
		"url: \"https://siem":        {Type: Syslog, URL: "https://siem.example.com"},
		"type: syslog has no token":  {Type: Syslog, URL: "tls://siem.example.com", Token: secret.New("x")},
		"reading the CA bundle":      {Type: Syslog, URL: "tls://siem.example.com", CAFile: "/nonesuch"},
	} {
		if _, err := Open(o); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}
