package statickeys

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/dbxaccess/dbxaccess/internal/needed"
)

func zipped(t testing.TB, entries ...string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i+1 < len(entries); i += 2 {
		f, err := w.Create(entries[i])
		if err != nil {
			t.Fatal(err)
		}
		_, _ = f.Write([]byte(entries[i+1]))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func gzipped(t testing.TB, content string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(content))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func tarred(t testing.TB, name, content string) string {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := w.WriteHeader(&tar.Header{Name: name, Size: int64(len(content)), Mode: 0o644, Typeflag: tar.TypeReg}); err != nil {
		t.Fatal(err)
	}
	_, _ = w.Write([]byte(content))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// inUTF16 has the lower half of each pair of bytes first.
func inUTF16(s string, mark bool) string {
	var b []byte
	if mark {
		b = []byte{0xff, 0xfe}
	}
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return string(b)
}

func quoted(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Where a key stands is told as people see it, whatever it was decoded from.
func TestPlaces(t *testing.T) {
	t.Parallel()
	m := newMaker()
	k := m.dapi()
	b64 := base64.StdEncoding.EncodeToString
	script := "#!/bin/bash\nset -e\nexport TOKEN=" + k + "\n"
	wrapped := b64([]byte(strings.Repeat("echo nothing to see on this line\n", 5) + script))
	wrapped = wrapped[:76] + "\n" + wrapped[76:152] + "\n" + wrapped[152:]
	dbc := `{"version":"NotebookV1","commands":[{"command":"x = 2\ny = \"` + k + `\"","position":2.5},{"command":"x = 1","position":1.0}]}`
	for name, c := range map[string]struct {
		file, content string
		want          Place
	}{
		"text":               {"x.py", "é\nab " + k, Place{Line: 2, Column: 4}},
		"text of one line":   {"x.py", k, Place{Line: 1, Column: 1}},
		"json":               {"x.json", "{\n\"a\": {\"b\": [1, \"" + k + "\"]}}", Place{Line: 2, Column: 16, Path: "a.b[1]"}},
		"json lines":         {"x.jsonl", "{\"a\": 1}\n{\"a\": \"" + k + "\"}\n", Place{Line: 2, Column: 7, Path: "a"}},
		"json in json":       {"x.json", `{"definition": ` + quoted(t, `{"spark_env_vars.T": {"value": "`+k+`"}}`) + `}`, Place{Line: 1, Column: 16, Path: "definition.spark_env_vars.T.value"}},
		"an escaped key":     {"x.json", `{"a": "` + strings.ReplaceAll(k, "a", `\u0061`) + `"}`, Place{Line: 1, Column: 7, Path: "a"}},
		"base64 in json":     {"x.json", `{"content": "` + b64([]byte(script)) + `"}`, Place{Line: 1, Column: 13, Path: "content (base64)"}},
		"wrapped base64":     {"x.sh", "base64 -d <<E\n" + wrapped + "\nE\n", Place{Line: 2, Column: 1, Path: "(base64)"}},
		"base64 of UTF-16":   {"x.ps1", "powershell -EncodedCommand " + b64([]byte(inUTF16(script, false))), Place{Line: 1, Column: 28, Path: "(base64)"}},
		"base64 of gzip":     {"x.tf", `user_data = "` + b64([]byte(gzipped(t, script))) + `"`, Place{Line: 1, Column: 14, Path: "(base64)"}},
		"yaml":               {"x.yaml", "a:\n  b:\n    - c: " + k, Place{Line: 3, Column: 10, Path: "a.b[0].c"}},
		"yaml's blocks":      {"x.yml", "a: |\n  one\n  " + k, Place{Line: 3, Column: 1, Path: "a"}},
		"yaml's comments":    {"x.yml", "a: 1\n# " + k, Place{Line: 2, Column: 3}},
		"no yaml":            {"x.yml", "{{ a }}: [\n" + k, Place{Line: 2, Column: 1}},
		"ipynb":              {"x.ipynb", "{\"cells\": [{\"source\": [\"a\\n\",\n\"b " + k + "\"]}]}", Place{Cell: 1, Line: 2, Column: 3, FileLine: 2}},
		"ipynb in one text":  {"x.ipynb", "{\"cells\": [{\"source\": []}, {\"source\": \"a\\n" + k + "\"}]}", Place{Cell: 2, Line: 2, Column: 1, FileLine: 1}},
		"ipynb's outputs":    {"x.ipynb", "{\"cells\": [{\"outputs\": [{\"data\": {\"image/png\": \"" + k + "\", \"text/plain\": [\"a\\n\", \"" + k + "\"]}}]}]}", Place{Cell: 1, Line: 2, Column: 1, FileLine: 1, Path: "outputs[0]"}},
		"ipynb's tracebacks": {"x.ipynb", "{\"cells\": [{\"outputs\": [{\"traceback\": [\"a\", \"\\u001b[0;31m" + k[:9] + "\\u001b[0m" + k[9:] + "\"]}]}]}", Place{Cell: 1, Line: 2, Column: 1, FileLine: 1, Path: "outputs[0]"}},
		"source with cells":  {"x.py", "# Databricks notebook source\nx = 1\n# COMMAND ----------\n# MAGIC %sh\n# MAGIC export T=" + k, Place{Cell: 2, Line: 5, Column: 18}},
		"dbc":                {"x.dbc", zipped(t, "dir/nb.python", dbc), Place{Entry: "dir/nb.python", Cell: 2, Line: 2, Column: 6, FileLine: 1}},
		"zip in tar.gz":      {"x.tgz", gzipped(t, tarred(t, "a.whl", zipped(t, "b/c.py", "\n"+k))), Place{Entry: "a.whl!b/c.py", Line: 2, Column: 1}},
		"gzip":               {"x.json.gz", gzipped(t, `{"a": "`+k+`"}`), Place{Line: 1, Column: 7, Path: "a"}},
		"UTF-16":             {"x.txt", inUTF16("a\r\nb "+k, true), Place{Line: 2, Column: 3}},
		"UTF-16 unmarked":    {"x.txt", inUTF16("first line\nb "+k, false), Place{Line: 2, Column: 3}},
		"binary":             {"x.pkl", "\x80\x04\x00\x00" + k, Place{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			list := found(t, c.file, c.content)
			c.want.File = c.file
			if len(list) != 1 || list[0].Place != c.want || list[0].value != k {
				t.Errorf("found\n%+v, want\n%+v", list, c.want)
			}
		})
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	m := newMaker()
	key := m.secret()
	var list []Finding
	s := &Scanner{}
	tell := func(f Finding) { list = append(list, f) }
	s.Value("spark_conf.spark.hadoop.fs.s3a.secret.key", key, tell)
	s.Value("spark_conf.spark.hadoop.fs.s3a.secret.key", "{{secrets/a/b}}", tell)
	s.Value("PWD", "/home/alice/Project2", tell)
	s.Value("definition", `{"a.password": {"value": "Kj7-pqa2-mm"}}`, tell)
	if len(list) != 2 || list[0].Place != (Place{Path: "spark_conf.spark.hadoop.fs.s3a.secret.key"}) || list[0].value != key ||
		list[1].Rule != rulePassword || list[1].Place.Path != "definition.a.password.value" {
		t.Errorf("%+v", list)
	}
}

// A key in a path is not printed with it.
func TestPathsAreWithoutKeys(t *testing.T) {
	t.Parallel()
	m := newMaker()
	a, b := m.dapi(), m.dapi()
	for _, f := range found(t, "x.zip", zipped(t, "dir/"+a+".json", `{"`+b+`": "`+a+`"}`)) {
		if p := quoted(t, f); strings.Contains(p, a) || strings.Contains(p, b) {
			t.Errorf("printed: %s", p)
		}
	}
}

func TestWhatIsNotLookedAtIsTold(t *testing.T) {
	needed.FullSpeed(t)
	t.Parallel()
	zeroes := strings.Repeat("\x00", maxEntry)
	damaged := zipped(t, "a.txt", strings.Repeat("text", 100))
	deep := zipped(t, "b.zip", zipped(t, "c.zip", zipped(t, "d.txt", "x")))
	for name, c := range map[string]struct {
		content string
		want    []Why
	}{
		"a bomb":               {zipped(t, "a", zeroes), []Why{TooDense}},
		"a bomb in pieces":     {zipped(t, slices.Repeat([]string{"a", zeroes[:fewBytes]}, maxEntry/fewBytes+9)...), append(slices.Repeat([]Why{Binary}, maxEntry/fewBytes), TooDense, TooDense)},
		"a bomb of gzip":       {gzipped(t, zeroes), []Why{TooDense}},
		"a bomb of tar.gz":     {gzipped(t, tarred(t, "a", zeroes)), []Why{TooDense, TooDense}},
		"one that is skipped":  {gzipped(t, tarred(t, "a", zeroes+"\x00")), []Why{TooDense, TooDense}},
		"archives in archives": {deep, []Why{TooDeep}},
		"half a zip":           {damaged[:len(damaged)/2], []Why{Damaged}},
		"half a gzip":          {gzipped(t, strings.Repeat("ab", 50))[:12], []Why{Damaged}},
		"an xz":                {"\xfd7zXZ\x00 more", []Why{Packed}},
		"a binary":             {"a\x00b", []Why{Binary}},
		"a text":               {"a", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []Why
			for _, u := range (&Scanner{}).Bytes("x", []byte(c.content), func(f Finding) { t.Errorf("found %+v", f) }) {
				got = append(got, u.Why)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// An archive may hold more than an entry may: it is unpacked as it is looked through, up to the bound of all.
func TestALargeTarIsLookedThroughAsItComes(t *testing.T) {
	needed.FullSpeed(t)
	t.Parallel()
	key := newMaker().dapi()
	random := rand.NewChaCha8([32]byte{1})
	filler := strings.Repeat("nothing to see here, as in most lines of most files; ", 18)
	var b bytes.Buffer
	packed, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	files := tar.NewWriter(packed)
	add := func(name, content string) {
		err := files.WriteHeader(&tar.Header{Name: name, Size: int64(len(content)), Mode: 0o644, Typeflag: tar.TypeReg})
		if _, written := io.WriteString(files, content); errors.Join(err, written) != nil {
			t.Fatal(err, written)
		}
	}
	for n := range maxEntry>>20 + 6 {
		var lines strings.Builder
		for lines.Len() < 1<<20 {
			fmt.Fprintf(&lines, "# %x%s\n", random.Uint64(), filler)
		}
		add(fmt.Sprintf("part%d.py", n), lines.String())
	}
	add("last.py", "t = '"+key+"'\n")
	if err := errors.Join(files.Close(), packed.Close()); err != nil {
		t.Fatal(err)
	}
	var got []Finding
	unread := (&Scanner{}).Bytes("x.tar.gz", b.Bytes(), func(f Finding) { got = append(got, f) })
	if len(got) != 1 || got[0].value != key || got[0].Place.Entry != "last.py" || len(unread) != 0 {
		t.Errorf("%+v, not looked at: %+v", got, unread)
	}
}

// What is larger than a piece is found once, also where pieces meet.
func TestPiecesMeetWithoutASeam(t *testing.T) {
	t.Parallel()
	m := newMaker()
	var b strings.Builder
	want := map[string]int{}
	b.WriteString(`{"rows": [`)
	for n := range 2000 {
		if n > 0 {
			b.WriteString(",\n")
		}
		id, key := m.id(), m.secret()
		want[id], want[key] = n+1, n+1
		b.WriteString(`{"user": "` + strings.Repeat("u", n%97) + `", "key": "` + id + `", "secret": "` + key + `"}`)
	}
	b.WriteString("]}")
	list := found(t, "x.json", b.String())
	if len(list) != len(want) {
		t.Errorf("%d found, want %d", len(list), len(want))
	}
	for _, f := range list {
		if want[f.value] != f.Place.Line {
			t.Errorf("%+v, want line %d", f, want[f.value])
		}
	}
}

// fuzzed decodes anything: it ends, and each place lies in what was given.
func fuzzed(f *testing.F, name string, seeds ...string) {
	for _, seed := range seeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		(&Scanner{}).Bytes(name, content, func(found Finding) {
			if p := found.Place; p.Line < 0 || p.Column < 0 || found.value == "" || p.Line > len(content)*1000+1 {
				t.Errorf("%+v", found)
			}
		})
	})
}

func FuzzText(f *testing.F) {
	m := newMaker()
	fuzzed(f, "x.py", "aws_secret_access_key = '"+m.secret()+"'", m.id()+" "+m.secret(), "jdbc:x?password=abc", "https://u:p@h", "-----BEGIN PRIVATE"+" KEY-----", "password: \\\"", "fs.azure.account.key=", "Q~", "sig=", "<name>password</name><value>x</value>",
		"# Databricks notebook source\n# MAGIC %sh\n# COMMAND ----------\n")
}

func FuzzJSON(f *testing.F) {
	m := newMaker()
	fuzzed(f, "x.json", `{"a": [1, "`+m.dapi()+`", {"b": "\u00e4\ud83d\ude00"}]} [2]`, `{"a": "{\"b\": \"c\"}"}`, `{"name": "password", "value": "x"}`)
}

func FuzzNotebook(f *testing.F) {
	m := newMaker()
	fuzzed(f, "x.ipynb", `{"cells": [{"source": ["`+m.dapi()+`", "b"], "outputs": [{"text": "c", "traceback": ["\u001b[0m"]}]}]}`, `{"version":"NotebookV1","commands":[{"command":"a","position":2},{"position":-1e9}]}`)
}

func FuzzYAML(f *testing.F) {
	m := newMaker()
	fuzzed(f, "x.yaml", "a: &x\n  - b: "+m.dapi()+"\n  - *x\nc: |\n  d\n", "a: \"{\\\"b\\\": 1}\"\n---\n- x\n")
}

func FuzzBase64(f *testing.F) {
	m := newMaker()
	f.Add([]byte("export T=" + m.dapi()))
	f.Fuzz(func(t *testing.T, content []byte) {
		for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawURLEncoding} {
			text := encoding.EncodeToString(content)
			(&Scanner{}).Bytes("x.txt", []byte("a = "+text+"\n"+text), func(found Finding) {
				if found.value == "" || found.Place.Line < 1 || found.Place.Line > 2 {
					t.Errorf("%+v", found)
				}
			})
		}
	})
}

func FuzzArchive(f *testing.F) {
	m := newMaker()
	fuzzed(f, "x.zip", zipped(f, "a", m.dapi()), gzipped(f, m.dapi()), tarred(f, "a", m.dapi()), gzipped(f, tarred(f, "a", "b")), "\xff\xfea\x00")
}

// Ten thousand keys in a file, on a line each or on one, as text, as a value of JSON or YAML, take no longer than their number; nor does
// much base64 on one line, or what stands under a name of a megabyte. By the square, each would take minutes.
func TestTimeGoesWithTheSize(t *testing.T) {
	t.Parallel()
	m := newMaker()
	for _, parting := range []string{"\n", " "} {
		var b strings.Builder
		for range 10_000 {
			b.WriteString("t = '" + m.dapi() + "'" + strings.Repeat(" ", 100) + parting)
		}
		list := found(t, "x.py", b.String())
		if len(list) != 10_000 || parting == "\n" && list[9999].Place.Line != 10_000 || parting == " " && list[9999].Place.Column != 9999*len(b.String())/10_000+6 {
			t.Errorf("%d found, the last at %+v", len(list), list[len(list)-1].Place)
		}
		if list := found(t, "x.json", `["x", `+strconv.Quote(b.String())+`]`); len(list) != 10_000 {
			t.Errorf("%d found in JSON", len(list))
		}
	}
	var b strings.Builder
	for range 10_000 {
		b.WriteString("- t: " + m.dapi() + "\n")
	}
	if list := found(t, "x.yaml", b.String()); len(list) != 10_000 {
		t.Errorf("%d found in YAML", len(list))
	}
	encoded := base64.StdEncoding.EncodeToString([]byte("echo a script of several words"))
	if list := found(t, "x.txt", strings.Repeat(encoded+" ", 1<<20/len(encoded))+m.dapi()); len(list) != 1 {
		t.Errorf("%d found behind base64", len(list))
	}
	name := strings.Repeat("n", 1<<20)
	if list := found(t, "x.json", `{"`+name+m.dapi()+`": [`+strings.Repeat(`"x",`, 100_000)+`"`+m.dapi()+`"]}`); len(list) != 2 {
		t.Errorf("%d found below a long name", len(list))
	}
}

// What is left of a key where a path is cut is not shown.
func TestACutPathShowsNoPartOfAKey(t *testing.T) {
	t.Parallel()
	m := newMaker()
	key := m.dapi()
	for n := range 60 {
		pad := strings.Repeat("b", 150+n)
		for _, text := range []string{`{"a-` + key + `":{"` + pad + `":{"x":"` + m.dapi() + `"}}}`, `{"a-` + key + `-` + pad + `":{"x":"` + m.dapi() + `"}}`} {
			for _, f := range found(t, "x.json", text) {
				if strings.Contains(f.Place.Path, key[len(key)-8:]) {
					t.Fatalf("%d: the path is %s", n, f.Place.Path)
				}
			}
		}
	}
}
