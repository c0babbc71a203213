package profiles

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/profiles/editor"
)

// ourDatabricksLine is a second, cruder opinion on which lines an edit may replace.
var ourDatabricksLine = regexp.MustCompile(`(?i)^\s*(host|auth_type|databricks_cli_path)\s*[=:]`)

func FuzzEditDatabricks(f *testing.F) {
	seeds, err := filepath.Glob(filepath.Join("testdata", "databricks", "*", "in"))
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range seeds {
		data, err := os.ReadFile(seed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	// What is put in above an indented line must not be continued by it.
	f.Add([]byte("[dbx-ml-reader]\n 0\ndatabricks_cli_path=dbxaccess"))
	f.Fuzz(checkEditDatabricks)
}

var databricksFragments = []string{
	"[dbx-ml-reader]", "[dbx-ml-reader]", "[dbx-ml-trainer]", "[dbx-ml-trainer] # x", "[ dbx-ml-trainer]", "  [dbx-ml-reader]", "[dbx-ml-trainer",
	"[DEFAULT]", "[work]", "[__settings__]", "default_profile = dbx-ml-reader", "token = dapi0123", "  token = dapi0123",
	"databricks_cli_path = /usr/local/bin/dbxaccess", "databricks_cli_path=/old place/dbxaccess ; old", "Databricks_Cli_Path: \"/x/dbxaccess\"",
	"databricks_cli_path = /usr/bin/databricks", "host = https://dbc-1234.cloud.databricks.com", "Host = http://127.0.0.1:8443", "\thost: x",
	"auth_type = databricks-cli", "auth_type=pat", "cluster_id = 1", "x = a\\", "\\", "# a\\", "# comment = 1", "  ; indented", "", "", " ", "\x85", "= x",
}

func TestEditingDatabricksKeepsItsPromisesForAnyOrderOfLines(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	accepted, updated := 0, 0
	for range 6000 {
		var file strings.Builder
		for n := random.IntN(12); n > 0; n-- {
			file.WriteString(databricksFragments[random.IntN(len(databricksFragments))])
			if n > 1 || random.IntN(3) > 0 {
				file.WriteString([]string{"\n", "\n", "\n", "\r\n"}[random.IntN(4)])
			}
		}
		if done, err := testDatabricksSync().edit([]byte(file.String())); err == nil {
			accepted++
			if done.changes[0].Action == Updated {
				updated++
			}
		}
		checkEditDatabricks(t, []byte(file.String()))
	}
	if accepted < 600 || updated < 20 {
		t.Errorf("only %d files were edited, %d updated; the test proves little", accepted, updated)
	}
}

func testDatabricksSync() *databricksSync {
	return &databricksSync{file: "config", helper: testHelper(), path: testHelper().Path, want: testWorkspaces()}
}

// checkEditDatabricks holds an edit of any file to what the package promises.
func checkEditDatabricks(t *testing.T, before []byte) {
	t.Helper()
	sync := testDatabricksSync()
	done, err := sync.edit(before)
	if err != nil {
		return // refused: nothing would be written
	}
	foreignLinesStay(t, ourDatabricksLine, before, done.data)
	again, err := sync.edit(done.data)
	if err != nil || !bytes.Equal(again.data, done.data) || again.diff != "" {
		t.Fatalf("twice is not once (%v): %q became %q, then %q", err, before, done.data, again.data)
	}
	doc, err := editor.Parse(done.data, editor.Plain)
	if err != nil {
		t.Fatalf("our own output is refused: %v", err)
	}
	written := databricksEntries(doc)
	for _, p := range testWorkspaces() {
		if !slices.ContainsFunc(written, func(e DatabricksEntry) bool {
			return e.Written && e.Profile == p.Name && e.Host == p.Host && e.AuthType == authType && e.Helper == testHelper().Path
		}) {
			t.Fatalf("%q became %q: %v is not among %v", before, done.data, p, written)
		}
		want := map[string]string{keyHost: p.Host, keyAuthType: authType, keyCLIPath: testHelper().Path}
		for sdk, reader := range sdkReaders() {
			values, ok := reader(string(done.data), p.Name)
			for key, value := range want {
				if ok && values[key] != value {
					t.Fatalf("%q became %q, in which the SDK for %s reads %s = %q in %s", before, done.data, sdk, key, values[key], p.Name)
				}
			}
		}
	}
	if slices.ContainsFunc(done.changes, func(c Change) bool { return c.Action != Added }) {
		return
	}
	if !bytes.HasPrefix(done.data, before) {
		t.Fatalf("adding changed what was there: %q became %q", before, done.data)
	}
	for _, p := range testWorkspaces() {
		if _, err := doc.Remove(p.Name, databricksKeys()); err != nil {
			t.Fatal(err)
		}
	}
	if got, _ := doc.Result("config"); !bytes.Equal(got, before) {
		t.Fatalf("adding and removing turned %q into %q", before, got)
	}
}

// sdkReaders read a section as the SDKs for Go (ini.v1 with SpaceBeforeInlineComment) and JavaScript do, in what matters
// to lines like ours. ok is false where the SDK takes the whole file for broken.
func sdkReaders() map[string]func(file, section string) (values map[string]string, ok bool) {
	return map[string]func(file, section string) (map[string]string, bool){"Go": readAsGo, "JavaScript": readAsJavaScript}
}

func readAsGo(file, section string) (map[string]string, bool) {
	values, name := map[string]string{}, ""
	lines := strings.Split(strings.TrimPrefix(file, byteOrderMark), "\n")
	for i := 0; i < len(lines); i++ {
		text := strings.TrimSpace(lines[i])
		switch {
		case text == "" || strings.ContainsAny(text[:1], "#;"):
			continue
		case text[0] == '[':
			end := strings.LastIndex(text, "]")
			if end < 2 {
				return nil, false
			}
			name = text[1:end]
			continue
		}
		at := strings.IndexAny(text, "=:")
		if at < 1 || strings.ContainsAny(text[:1], "\"`") || strings.ContainsAny(text[at+1:], "\"`") {
			return nil, false // broken, or quotes over several lines
		}
		value := strings.TrimSpace(text[at+1:])
		for strings.HasSuffix(value, `\`) && i+1 < len(lines) {
			i++
			next := strings.TrimSpace(lines[i])
			value = strings.TrimSuffix(value, `\`) + next
			if next == "" {
				break
			}
		}
		value = withoutComment(value)
		if name == section {
			values[strings.TrimSpace(text[:at])] = value
		}
	}
	return values, true
}

func readAsJavaScript(file, section string) (map[string]string, bool) {
	values, name := map[string]string{}, ""
	for line := range strings.SplitSeq(strings.TrimPrefix(file, byteOrderMark), "\n") {
		text := strings.TrimSpace(line)
		switch {
		case text == "" || strings.ContainsAny(text[:1], "#;"):
			continue
		case text[0] == '[' && text[len(text)-1] == ']':
			if name = strings.TrimSpace(text[1 : len(text)-1]); name == section {
				clear(values)
			}
			continue
		}
		if key, value, ok := strings.Cut(text, "="); ok && name == section {
			values[strings.TrimSpace(key)] = withoutComment(strings.TrimSpace(value))
		}
	}
	return values, true
}

// withoutComment drops a comment behind a value, as both SDKs do.
func withoutComment(value string) string {
	if at := inlineComment.FindStringIndex(value); at != nil {
		return strings.TrimSpace(value[:at[0]])
	}
	return value
}

var inlineComment = regexp.MustCompile(`[ \t][#;]`)
