package editor

import (
	"strings"
	"testing"
)

func TestRemoveLeavesWhatIsAnothers(t *testing.T) {
	t.Parallel()
	for before, want := range map[string]struct{ after, kept, diff string }{
		"[a]\nx = 1\n\n[dbx]\nhost = h\n\n[b]\n": {"[a]\nx = 1\n\n[b]\n", "", "@@ -3,3 +2,0 @@\n-\n-[dbx]\n-host = h\n"},
		"[dbx]\nhost = h\n\n[b]\n":               {"[b]\n", "", "@@ -1,3 +0,0 @@\n-[dbx]\n-host = h\n-\n"},
		"[a]\n[dbx]\nhost = h":                   {"[a]", "", "@@ -2,2 +1,0 @@\n-[dbx]\n-host = h\n"},
		// Comments: one of ours goes; a setting taken out of use, and what stands behind our last line, stay.
		"[dbx]\n# note\nhost = h\n# of b\n[b]\n": {"# of b\n[b]\n", "", "@@ -1,3 +0,0 @@\n-[dbx]\n-# note\n-host = h\n"},
		"[dbx]\n# token = t\nhost = h\n":         {"# token = t\n", "", "@@ -1 +0,0 @@\n-[dbx]\n@@ -3 +1,0 @@ [dbx]\n-host = h\n"},
		// Of a section with more in it, our lines alone go.
		"[dbx] # mine\nhost = h\nx = 1\ny\n": {"[dbx] # mine\nx = 1\ny\n", "x, a line that is not a setting", "@@ -2 +1,0 @@ [dbx]\n-host = h\n"},
		"[a]\nhost = h\n":                    {"[a]\nhost = h\n", "", ""},
	} {
		doc, err := Parse([]byte(before), Plain)
		if err != nil {
			t.Fatal(err)
		}
		kept, err := doc.Remove("dbx", []string{"host"})
		if err != nil || strings.Join(kept, ", ") != want.kept {
			t.Errorf("%q: kept %q, %v", before, kept, err)
		}
		data, diff := doc.Result("config")
		_, diff, _ = strings.Cut(diff, "+++ config\n")
		if string(data) != want.after || diff != want.diff {
			t.Errorf("%q became %q with the diff\n%s", before, data, diff)
		}
	}
}

func TestADiffShowsNoLineThatStays(t *testing.T) {
	t.Parallel()
	doc, err := Parse([]byte("[a]\r\nsecret = canary\r\n[dbx] # canary\r\nhost: old \x1b[31m\r\ntoken = canary"), Plain)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"dbx", "new"} {
		if _, err := doc.Put(name, []Setting{{Key: "host", Value: "h"}}); err != nil {
			t.Fatal(err)
		}
	}
	data, diff := doc.Result("con\x1bfig")
	if want := "[a]\r\nsecret = canary\r\n[dbx] # canary\r\nhost = h\r\ntoken = canary\r\n\r\n[new]\r\nhost = h"; string(data) != want {
		t.Errorf("got %q", data)
	}
	want := "--- config\n+++ config\n@@ -4 +4 @@ [dbx]\n-host: old [31m\n+host = h\n@@ -5,0 +6,3 @@\n+\n+[new]\n+host = h\n"
	if diff != want {
		t.Errorf("got %q", diff)
	}
}
