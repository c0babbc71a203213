package trace

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/needed"
)

const theMap = `
version: 1
identities:
  acme: { issuer: https://login.acme.example, client_id: c, groups: { ml-scientists: [ml-trainer] } }
datasets:
  churn: { location: s3://acme-ml/churn/ }
  labels: { location: s3://acme-ml/churn/labels/ }
roles:
  ml-trainer: { aws: { role_arn: arn:aws:iam::111122223333:role/ml-trainer, region: us-east-1 }, read: [churn, labels] }
`

func datasets(t testing.TB) *Datasets {
	t.Helper()
	m, err := accessmap.Parse("map.yaml", []byte(theMap))
	if err != nil {
		t.Fatal(err)
	}
	return DatasetsOf(m)
}

func packed(t testing.TB, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write([]byte(text))
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func fileWith(name, log string, data []byte) File {
	return File{Name: name, Log: log, Stamp: "1", Open: func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }}
}

// reading entries with other values than those of getObject, by old, new, old, new….
func entry(change ...string) string { return strings.NewReplacer(change...).Replace(getObject) }

func options(t testing.TB, files ...File) Options {
	alice := audit.New(noon.Add(-3*60*60*1e9), audit.Assume, audit.Who{Identity: "acme", Issuer: "https://login.acme.example", Subject: "alice"})
	alice.AccessKeyID, alice.Expires, alice.Role, alice.Group, alice.Run = "ASIAEXAMPLE000000001", noon, "ml-trainer", "ml-scientists", "churn-1"
	return Options{Index: indexOf(t, alice), Datasets: datasets(t), Files: files}
}

func cloudTrail(entries ...string) string { return `{"Records":[` + strings.Join(entries, ",") + `]}` }

func TestWhatAddsUp(t *testing.T) {
	t.Parallel()
	second := entry("cdc4b7ed", "00000002", "1048576", "24", "part-00001", "labels/part-00001")
	refused := entry("cdc4b7ed", "00000003", `"requestParameters"`, `"errorCode":"AccessDenied","requestParameters"`)
	foreign := entry("cdc4b7ed", "00000004", "acme-ml", "elsewhere", "ASIAEXAMPLE000000001", "ASIAOTHER", ":role/ml-trainer", ":role/other")
	unknown := entry("cdc4b7ed", "00000005", "ASIAEXAMPLE000000001", "ASIAOTHER", ":role/ml-trainer", ":role/other")
	late := entry("cdc4b7ed", "00000006", "09:12:31", "12:00:01")
	other := entry("cdc4b7ed", "00000007", "s3.amazonaws.com", "kms.amazonaws.com")
	copied := entry("cdc4b7ed", "00000008", "GetObject", "CopyObject", `"bucketName":"acme-ml"`, `"x-amz-copy-source":"/acme-ml/churn/a%20b?versionId=1","bucketName":"out"`)
	plain := []byte(cloudTrail(second, refused, foreign, unknown, late, other, copied))
	files := []File{fileWith("1.json.gz", CloudTrail, packed(t, cloudTrail(getObject))), fileWith("2.json", CloudTrail, plain), fileWith("copy.json.gz", CloudTrail, packed(t, cloudTrail(getObject, second)))}
	o := options(t, files...)
	var rows []Access
	o.Row = func(b []byte, a *Access) []byte {
		data, err := json.Marshal(a)
		if err != nil {
			t.Error(err)
		}
		return append(append(b, data...), '\n')
	}
	o.Write = func(written []byte) error {
		for row := range bytes.Lines(written) {
			var a Access
			if err := json.Unmarshal(row, &a); err != nil {
				return err
			}
			rows = append(rows, a)
		}
		return nil
	}
	state, err := Run(t.Context(), o)
	if err != nil || len(state.Problems) > 0 {
		t.Fatal(err, state.Problems)
	}
	tally := state.Tally
	if tally.Events != 10 || tally.Duplicates != 2 || tally.Joined[ByKey] != 5 || tally.NotJoined[NotIssued] != 1 || tally.NotJoined[OutsideLife] != 1 {
		t.Errorf("%+v", tally)
	}
	if alice := tally.People.By[Person{"acme", "https://login.acme.example", "alice"}]; alice == nil || alice.Bytes != 1048576+24 || alice.Reads != 3 || alice.Writes != 1 || alice.Refused != 1 {
		t.Errorf("%+v", alice)
	}
	if labels := tally.Datasets.By["labels"]; labels == nil || labels.Bytes != 24 {
		t.Errorf("%+v", labels)
	}
	if grant := tally.Grants.By[Grant{"acme", "ml-scientists", "ml-trainer", "churn", Read}]; grant == nil || grant.Reads != 2 || grant.Refused != 1 {
		t.Errorf("%+v", grant)
	}
	if len(rows) != 7 {
		t.Errorf("%d rows: %+v", len(rows), rows)
	}
	for _, a := range rows {
		if a.EventID == "00000008-e171-4cef-975a-ad829d4123e8" && a.Verb == Read && (a.Place != "s3://acme-ml/churn/a b" || a.Person != "alice" || a.Run != "churn-1" || a.Rule != "ml-scientists") {
			t.Errorf("%+v", a)
		}
	}
}

// What is not as it has to be is told, and what stood before it is kept.
func TestHostileFiles(t *testing.T) {
	t.Parallel()
	whole := packed(t, cloudTrail(getObject, entry("cdc4b7ed", "00000002")))
	many := make([]string, 3000)
	for i := range many {
		many[i] = entry("cdc4b7ed", fmt.Sprintf("%08x", i))
	}
	long := packed(t, cloudTrail(many...))
	for name, c := range map[string]struct {
		log     string
		data    []byte
		entries int64
		problem string
	}{
		"whole":                     {CloudTrail, whole, 2, ""},
		"nothing in it":             {CloudTrail, packed(t, cloudTrail()), 0, ""},
		"two members of gzip":       {CloudTrail, append(packed(t, cloudTrail(getObject)+"\n"), packed(t, "  ")...), 1, ""},
		"other members":             {CloudTrail, []byte(`{"a":[1,{"Records":[]}],"Records":[` + getObject + `],"b":"]"}`), 1, ""},
		"packed, cut short":         {CloudTrail, long[:len(long)/2], -1, "cut short"},
		"only its end is cut":       {CloudTrail, whole[:len(whole)-4], 2, "cut short"},
		"bits have fallen over":     {CloudTrail, append(append(bytes.Clone(whole[:len(whole)-8]), 1, 2, 3, 4), whole[len(whole)-4:]...), 2, "checksum"},
		"cut within an entry":       {CloudTrail, []byte(cloudTrail(getObject, getObject)[:len(getObject)+100]), 1, "cut short"},
		"empty":                     {CloudTrail, nil, 0, "cut short"},
		"not JSON":                  {CloudTrail, []byte("<html>"), 0, "no file of CloudTrail"},
		"a list":                    {CloudTrail, []byte("[]"), 0, "no file of CloudTrail"},
		"no list Records":           {CloudTrail, []byte(`{"Records":{},"x":1}`), 0, "no file of CloudTrail"},
		"the events of the CLI":     {CloudTrail, []byte(`{"Events":[{"CloudTrailEvent":"{}"}]}`), 0, "no file of CloudTrail"},
		"an entry that is none":     {CloudTrail, []byte(`{"Records":[` + getObject + `,7]}`), 1, "no JSON"},
		"something behind the end":  {CloudTrail, []byte(cloudTrail(getObject) + "{}"), 1, "follows its end"},
		"no comma":                  {CloudTrail, []byte(`{"Records":[` + getObject + getObject + `]}`), 1, "no JSON"},
		"too deep":                  {CloudTrail, []byte(`{"Records":[{"a":` + strings.Repeat("[", 9<<20)), 0, "4 MB"},
		"an endless text":           {CloudTrail, packed(t, `{"Records":[`+getObject+`,{"eventID":"`+strings.Repeat("x", 9<<20)), 1, "4 MB"},
		"an endless name":           {CloudTrail, packed(t, `{"`+strings.Repeat("x", 9<<20)), 0, "no file of CloudTrail"},
		"deep, but not too":         {CloudTrail, []byte(`{"Records":[{"a":` + strings.Repeat("[", 1<<20) + strings.Repeat("]", 1<<20) + `}]}`), 1, ""},
		"CloudTrail for Databricks": {Databricks, []byte(cloudTrail(getObject)), 0, "system.access.audit"},
		"CSV without its columns":   {Databricks, []byte("a,b\n1,2\n"), 0, "system.access.audit"},
		"CSV with an endless cell":  {Databricks, []byte("event_time,user_identity\n1,\"" + strings.Repeat("x", 9<<20)), 0, "4 MB"},
		"an endless line":           {Databricks, []byte(`{"action_name":"` + strings.Repeat("x", 9<<20)), 0, "4 MB"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			state, err := Run(t.Context(), options(t, fileWith("f", c.log, c.data)))
			if err != nil {
				t.Fatal(err)
			}
			got := state.Tally.Events
			if c.entries >= 0 && got != c.entries || c.entries < 0 && (got == 0 || got == 3000) {
				t.Errorf("%d entries, want %d", got, c.entries)
			}
			switch {
			case c.problem == "" && len(state.Problems) > 0:
				t.Errorf("%v", state.Problems)
			case c.problem != "" && (len(state.Problems) != 1 || !strings.Contains(state.Problems[0].What, c.problem) || state.Problems[0].Entries != got):
				t.Errorf("%+v, want %s", state.Problems, c.problem)
			}
		})
	}
}

// A few kilobytes that inflate to gigabytes cost time, and no memory: here to 512 MB.
func TestABombIsReadInLittleMemory(t *testing.T) {
	needed.FullSpeed(t)
	var bomb bytes.Buffer
	w := gzip.NewWriter(&bomb)
	spaces := bytes.Repeat([]byte{' '}, 1<<20)
	_, _ = w.Write([]byte(`{"Records":[`))
	for range 512 {
		_, _ = w.Write(spaces)
	}
	w.Close()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	state, err := Run(t.Context(), options(t, fileWith("bomb", CloudTrail, bomb.Bytes())))
	runtime.ReadMemStats(&after)
	if err != nil || len(state.Problems) != 1 {
		t.Error(err, state.Problems)
	}
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 32<<20 {
		t.Errorf("%d MB were allocated", grown>>20)
	}
}

// What was interrupted is read on from where it was left, and adds up to the same.
func TestResume(t *testing.T) {
	t.Parallel()
	many := make([]string, 3*batchSize+100)
	for i := range many {
		many[i] = entry("cdc4b7ed", fmt.Sprintf("%08x", i%(len(many)-5))) // the last five are copies
	}
	files := []File{fileWith("1", CloudTrail, packed(t, cloudTrail(getObject))), fileWith("2", CloudTrail, packed(t, cloudTrail(many...)))}
	want, err := Run(t.Context(), options(t, files...))
	if err != nil {
		t.Fatal(err)
	}
	var left bytes.Buffer
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	o := options(t, files...)
	rows := 0
	o.Row = func(b []byte, _ *Access) []byte { return append(b, '\n') }
	o.Write = func(b []byte) error {
		rows += len(b)
		if rows > batchSize {
			cancel()
		}
		return nil
	}
	o.Save = func(s *State) error { left.Reset(); return s.Encode(&left) }
	if _, err := Run(ctx, o); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	state, err := DecodeState(&left)
	if err != nil {
		t.Fatal(err)
	}
	if done := state.Tally.Events; done == 0 || done == want.Tally.Events || state.Files["2"].Over {
		t.Fatalf("%d entries were done, of %d", done, want.Tally.Events)
	}
	o.State = state
	state, err = Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if got, all := fmt.Sprint(*state.Tally.People.By[Person{"acme", "https://login.acme.example", "alice"}]), fmt.Sprint(*want.Tally.People.By[Person{"acme", "https://login.acme.example", "alice"}]); got != all || state.Tally.Events != want.Tally.Events || state.Tally.Duplicates != want.Tally.Duplicates {
		t.Errorf("%s, want %s; %+v, want %+v", got, all, state.Tally, want.Tally)
	}
	if int64(rows) != want.Tally.Accesses {
		t.Errorf("%d rows, want %d", rows, want.Tally.Accesses)
	}
	o.Files[1].Stamp = "2"
	o.State = state
	if state, err = Run(t.Context(), o); err != nil || len(state.Problems) != 1 || state.Tally.Events != want.Tally.Events {
		t.Errorf("%v, %+v", err, state.Problems)
	}
}

func TestDatabricks(t *testing.T) {
	t.Parallel()
	o := options(t)
	token := audit.New(noon, audit.Exchange, audit.Who{Identity: "acme", Issuer: "https://login.acme.example", Subject: "alice@acme.example"})
	token.Host, token.Expires, token.Role = "https://dbc-1.cloud.databricks.com", noon.Add(60*60*1e9), "ml-trainer"
	o.Index = indexOf(t, token)
	const jsonRow = `{"event_time":"%s","event_id":"%s","service_name":"unityCatalog","action_name":"generateTemporaryTableCredential","user_identity":{"email":"Alice@acme.example"},"request_params":{"table_full_name":"main.ml.churn","operation":"READ","n":7},"response":{"status_code":200}}` + "\n"
	for name, text := range map[string]string{
		"JSON": fmt.Sprintf(jsonRow, "2026-11-28T12:10:00.123Z", "1") + fmt.Sprintf(jsonRow, "2026-11-28 14:10:00", "2") + fmt.Sprintf(jsonRow, "2026-11-28 12:10:00", "1"),
		"CSV": "event_time,event_id,service_name,action_name,user_identity,request_params\n" +
			`1795867800000,1,unityCatalog,getTable,"{""email"":""alice@acme.example""}","{""full_name_arg"":""main.ml.churn""}"` + "\n" +
			`2026-11-28T14:10:00Z,2,unityCatalog,getTable,"{""email"":""alice@acme.example""}","{""full_name_arg"":""main.ml.churn""}"` + "\n" +
			`2026-11-28T12:10:00Z,1,unityCatalog,getTable,"{""email"":""alice@acme.example""}","{""full_name_arg"":""main.ml.churn""}"` + "\n",
	} {
		o.Files = []File{fileWith("f", Databricks, packed(t, text))}
		state, err := Run(t.Context(), o)
		if err != nil || len(state.Problems) > 0 {
			t.Fatal(name, err, state.Problems)
		}
		if tally := state.Tally; tally.Events != 3 || tally.Joined[ByUser] != 1 || tally.NotJoined[OutsideLife] != 1 || tally.Duplicates != 1 {
			t.Errorf("%s: %+v", name, tally)
		}
	}
}

func TestTimes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		"2026-11-28T12:00:00Z": noon.Unix(), "1970-01-01T00:00:00Z": 0, "2024-02-29T00:00:00Z": 1709164800, "2024-03-01T00:00:00Z": 1709251200,
		"2000-01-01T00:00:00Z": 946684800, "2026-11-28T12:00:00.5Z": noon.Unix(), "2026-11-28T13:00:00+01:00": noon.Unix(),
	} {
		if at, ok := timeOf([]byte(text)); !ok || at != want {
			t.Errorf("%s: %d, %v; want %d", text, at, ok, want)
		}
	}
	for _, text := range []string{"", "2026-11-28", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-11-28X12:00:00Z", "-026-11-28T12:00:00Z", "2026-11-28T24:00:00Z"} {
		if at, ok := timeOf([]byte(text)); ok {
			t.Errorf("%s: %d", text, at)
		}
	}
}

func TestVerbs(t *testing.T) {
	t.Parallel()
	for operation, want := range map[string]Verb{
		"GetObject": Read, "HeadObject": Read, "ListObjects": Read, "SelectObjectContent": Read, "PutObject": Write, "UploadPart": Write,
		"CompleteMultipartUpload": Write, "AbortMultipartUpload": Write, "DeleteObjects": Delete, "CopyObject": Write, "ListBuckets": "", "PutBucketPolicy": "", "": "",
	} {
		if got := verbOf([]byte(operation)); got != want {
			t.Errorf("%s: %q, want %q", operation, got, want)
		}
	}
}
