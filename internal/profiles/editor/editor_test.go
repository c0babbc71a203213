package editor

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestWhatCannotBeEditedSafelyIsRefusedWithTheLine(t *testing.T) {
	t.Parallel()
	const ours = "credential_process = /x/helper\n"
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
			_, err := put(c.file, Prefixed, "dbx-ml-reader")
			unsafe, ok := errors.AsType[*UnsafeError](err)
			if !ok || unsafe.Line != c.line {
				t.Errorf("got %v, want a refusal of line %d", err, c.line)
			}
		})
	}
}

func TestOddLinesElsewhereAreLeftAlone(t *testing.T) {
	t.Parallel()
	for _, file := range []string{
		"[profile dbx-ml-reader-2\n", "[profile my.dbx-ml-reader]\n", "# [profile dbx-ml-reader]\n", "; [profile dbx-ml-reader\n",
		"x = [profile dbx-ml-reader]\n", "[dbx-ml-reader]\n", "[sso-session dbx-ml-reader]\n", "[profiles dbx-ml-reader]\n",
		"[profile]\n", "[profile \"\"]\n", "[profile dbx-ml-READER]\n", "\x85\xff\x0b\x0c\n",
	} {
		got, err := put(file, Prefixed, "dbx-ml-reader")
		if err != nil || !strings.HasPrefix(got, file) || !strings.Contains(got, "\n[profile dbx-ml-reader]\ncred") {
			t.Errorf("%q became %q (%v)", file, got, err)
		}
	}
}

func TestPlainHeadersAndSettingsThatStay(t *testing.T) {
	t.Parallel()
	const file = "[DEFAULT]\nhost = https://a.example.com\n\n[dbx-ml]\nhost: https://b.example.com\n# note\ncluster_id = 1\n"
	settings := []Setting{{Key: "host", Value: "https://c.example.com"}, {Key: "auth_type", Value: "x"}, {Key: "cluster_id", Value: ""}, {Key: "absent", Value: ""}}
	want := "[DEFAULT]\nhost = https://a.example.com\n\n[dbx-ml]\nhost = https://c.example.com\nauth_type = x\n# note\ncluster_id = 1\n"
	for range 2 {
		if got, err := put(file, Plain, "dbx-ml", settings...); err != nil || got != want {
			t.Errorf("got %q, %v", got, err)
		}
	}
	if got, err := put("", Plain, "default", settings...); err != nil || got != "[default]\nhost = https://c.example.com\nauth_type = x\n" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestWhatBecameOfASectionIsTold(t *testing.T) {
	t.Parallel()
	settings := []Setting{{Key: "host", Value: "h"}, {Key: "absent", Value: ""}}
	for file, want := range map[string]Action{
		"":                            Added,
		"[dbx-ml]\nhost = h\n":        Unchanged,
		"[dbx-ml]\nhost: h\n":         Updated, // some readers of plain headers want "="
		"[dbx-ml]\nHost = h\n":        Updated,
		"[dbx-ml]\n":                  Updated,
		"[dbx-ml]\nhost = h ; mine\n": Updated,
	} {
		doc, err := Parse([]byte(file), Plain)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := doc.Put("dbx-ml", settings); err != nil || got != want {
			t.Errorf("%q: got %s, %v; want %s", file, got, err, want)
		}
	}
}

// An indented line continues the one above if that is indented less: a line put between must not change what is what.
func TestLinesPutInKeepTheIndentationAround(t *testing.T) {
	t.Parallel()
	got, err := put("[dbx-ml]\n  a = 1\n  b = 2\n", Plain, "dbx-ml", Setting{Key: "host", Value: "h"})
	if want := "[dbx-ml]\n  host = h\n  a = 1\n  b = 2\n"; err != nil || got != want {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestTheDefaultProfileHasItsOwnHeader(t *testing.T) {
	t.Parallel()
	got, err := put("", Prefixed, "default")
	if err != nil || !strings.HasPrefix(got, "[default]\ncredential_process = ") {
		t.Errorf("got %q, %v", got, err)
	}
	for _, header := range []string{"[default]", "[profile default]"} {
		again := strings.Replace(got, "[default]", header, 1)
		if twice, err := put(again, Prefixed, "default"); err != nil || twice != again {
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
	doc, err := Parse(b.Bytes(), Prefixed)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		if _, err := doc.Put(fmt.Sprintf("dbx-r%d", i), testSettings()); err != nil {
			t.Fatal(err)
		}
	}
	if got, _ := doc.Result("config"); !bytes.HasPrefix(got, b.Bytes()) {
		t.Fatal("foreign bytes changed")
	}
}

func testSettings() []Setting {
	return []Setting{{Key: "credential_process", Value: "/usr/local/bin/helper"}, {Key: "region", Value: "us-east-1"}}
}

// put edits one section of a file: to hold the settings, testSettings if there are none.
func put(file string, style HeaderStyle, name string, settings ...Setting) (string, error) {
	doc, err := Parse([]byte(file), style)
	if err != nil {
		return "", err
	}
	if settings == nil {
		settings = testSettings()
	}
	if _, err := doc.Put(name, settings); err != nil {
		return "", err
	}
	data, _ := doc.Result("config")
	return string(data), nil
}
