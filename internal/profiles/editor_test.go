package profiles

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestWhatCannotBeEditedSafelyIsRefusedWithTheLine(t *testing.T) {
	t.Parallel()
	const ours = "credential_process = /usr/local/bin/dbxaccess credential-process --role ml-reader --identity acme\n"
	for name, c := range map[string]struct {
		file string
		line int
	}{
		"UTF-16, little endian":        {"\xff\xfe[\x00d\x00]\x00", 1},
		"UTF-16, big endian":           {"\xfe\xff\x00[", 1},
		"NUL":                          {"[default]\nregion = x\x00y\n", 2},
		"a lone carriage return":       {"[default]\n# a\r[profile dbx-ml-reader]\nregion = x\n", 2},
		"one at the end of the file":   {"[default]\r", 1},
		"our section twice":            {"[profile dbx-ml-reader]\n" + ours + "[x]\n[profile dbx-ml-reader]\n" + ours, 4},
		"twice in other quotes":        {"[profile dbx-ml-reader]\n" + ours + "[profile 'dbx-ml-reader']\n" + ours, 3},
		"twice with odd space":         {"[profile dbx-ml-reader]\n" + ours + "[profile\t dbx-ml-reader]\n" + ours, 3},
		"space inside the brackets":    {"[ profile dbx-ml-reader ]\n" + ours, 1},
		"a header without its end":     {"[default]\n[profile dbx-ml-reader\n" + ours, 2},
		"a header with more behind":    {"[profile dbx-ml-reader] x\n" + ours, 1},
		"two brackets":                 {"[profile dbx-ml-reader] # [x]\n" + ours, 1},
		"quotes inside a word":         {"[profile dbx-\"ml-reader\"]\n" + ours, 1},
		"escaped letters":              {"[profile dbx-ml\\-reader]\n" + ours, 1},
		"an indented header":           {"[default]\nx =\n  [profile dbx-ml-reader]\n" + ours, 3},
		"a bracket in our section":     {"[profile dbx-ml-reader]\n" + ours + "s3 =\n  [x]\n", 4},
		"our key twice":                {"[profile dbx-ml-reader]\n" + ours + "output = x\n" + ours, 4},
		"our key twice, in capitals":   {"[profile dbx-ml-reader]\n" + ours + "region = x\nRegion: y\n", 4},
		"a value that goes on":         {"[profile dbx-ml-reader]\n" + ours + "\n# c\n  --more\n", 5},
		"a region that goes on":        {"[profile dbx-ml-reader]\nregion =\n  x\n" + ours, 3},
		"in the middle of a CRLF file": {"[default]\r\n\r\n[profile dbx-ml-reader\r\n", 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := syncBytes([]byte(c.file), testProfiles()[0])
			unsafe, ok := errors.AsType[*unsafeError](err)
			if !ok || unsafe.line != c.line {
				t.Errorf("got %v, want a refusal of line %d", err, c.line)
			}
		})
	}
}

func TestOddLinesElsewhereAreNobodysBusiness(t *testing.T) {
	t.Parallel()
	for _, file := range []string{
		"[profile dbx-ml-reader-2\n", "[profile my.dbx-ml-reader]\n", "# [profile dbx-ml-reader]\n", "; [profile dbx-ml-reader\n",
		"x = [profile dbx-ml-reader]\n", "[dbx-ml-reader]\n", "[sso-session dbx-ml-reader]\n", "[profiles dbx-ml-reader]\n",
		"[profile]\n", "[profile \"\"]\n", "[profile dbx-ml-READER]\n", "\x85\xff\x0b\x0c\n",
	} {
		got, err := syncBytes([]byte(file), testProfiles()[0])
		if err != nil || !bytes.HasPrefix(got, []byte(file)) || !bytes.Contains(got, []byte("\n[profile dbx-ml-reader]\ncred")) {
			t.Errorf("%q became %q (%v)", file, got, err)
		}
	}
}

// The same editor serves files whose headers are plain names, and settings that come and go.
func TestPlainHeadersAndSettingsThatGo(t *testing.T) {
	t.Parallel()
	const file = "[DEFAULT]\nhost = https://a.example.com\n\n[dbx-ml]\nhost: https://b.example.com\n# note\ncluster_id = 1\n"
	settings := []setting{{"host", "https://c.example.com"}, {"auth_type", "x"}, {"cluster_id", ""}, {"absent", ""}}
	want := "[DEFAULT]\nhost = https://a.example.com\n\n[dbx-ml]\nhost = https://c.example.com\nauth_type = x\n# note\n"
	for range 2 {
		doc, err := parse([]byte(file), plainHeaders)
		if err != nil {
			t.Fatal(err)
		}
		if action, err := doc.put("dbx-ml", settings); err != nil || action != Updated {
			t.Fatalf("got %v, %v", action, err)
		}
		if got := string(doc.result().data); got != want {
			t.Errorf("got %q", got)
		}
	}
	doc, _ := parse(nil, plainHeaders)
	if action, err := doc.put("default", settings); err != nil || action != Added {
		t.Errorf("got %v, %v", action, err)
	}
	if got := string(doc.result().data); got != "[default]\nhost = https://c.example.com\nauth_type = x\n" {
		t.Errorf("got %q", got)
	}
}

// An indented line continues the one above if that is indented less: a line put between must not change what is what.
func TestLinesPutInKeepTheIndentationAround(t *testing.T) {
	t.Parallel()
	doc, err := parse([]byte("[dbx-ml]\n  a = 1\n  b = 2\n"), plainHeaders)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := doc.put("dbx-ml", []setting{{"host", "h"}}); err != nil {
		t.Fatal(err)
	}
	if got, want := string(doc.result().data), "[dbx-ml]\n  host = h\n  a = 1\n  b = 2\n"; got != want {
		t.Errorf("got %q", got)
	}
}

func TestTheDefaultProfileHasItsOwnHeader(t *testing.T) {
	t.Parallel()
	p := AWSProfile{Name: "default", Role: "default", Identity: "acme"}
	got, err := syncBytes(nil, p)
	if err != nil || !bytes.HasPrefix(got, []byte("[default]\ncredential_process = ")) {
		t.Errorf("got %q, %v", got, err)
	}
	for _, header := range []string{"[default]", "[profile default]"} {
		again := strings.Replace(string(got), "[default]", header, 1)
		if twice, err := syncBytes([]byte(again), p); err != nil || string(twice) != again {
			t.Errorf("%s was not known again: %q, %v", header, twice, err)
		}
	}
}

func TestALargeFileKeepsItsBytes(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	for i := 0; b.Len() < 5<<20; i++ {
		fmt.Fprintf(&b, "[profile p%d]\r\n# of team %d\r\nregion = eu-west-1\r\ns3 =\r\n\taddressing_style = path\r\n\r\n", i, i)
	}
	want := make([]AWSProfile, 100)
	for i := range want {
		want[i] = AWSProfile{Name: fmt.Sprintf("dbx-r%d", i), Role: fmt.Sprintf("r%d", i), Identity: "acme"}
	}
	got, err := syncBytes(b.Bytes(), want...)
	if err != nil || !bytes.HasPrefix(got, b.Bytes()) {
		t.Fatalf("foreign bytes changed (%v)", err)
	}
}

// syncBytes is PlanAWS without files.
func syncBytes(old []byte, want ...AWSProfile) ([]byte, error) {
	done, err := testSync(want...).edit(old)
	return done.data, err
}
