package profiles

import (
	"bytes"
	"cmp"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/profiles/editor"
)

const byteOrderMark = "\xef\xbb\xbf"

// edited is a target whose promises are put to the test with files of any kind.
type edited struct {
	Target
	want      []Profile
	ours      *regexp.Regexp // a second, cruder opinion on which lines an edit may replace
	seeds     string         // a directory of testdata
	fragments []string       // what odd files are made of
}

func editedAWS(t testing.TB) edited {
	return edited{awsTarget(t), testProfiles(), regexp.MustCompile(`(?i)^\s*(credential_process|region)\s*[=:]`), "golden", []string{
		"[profile dbx-ml-reader]", "[profile dbx-ml-trainer]", "[profile 'dbx-ml-reader'] # x", "[profile\t dbx-ml-trainer]", "[ profile dbx-ml-trainer]",
		"  [profile dbx-ml-reader]", "[profile dbx-ml-trainer", "[profile work]", "[default]", "[sso-session x]", "[dbx-ml-reader]",
		"credential_process = /usr/local/bin/dbxaccess credential-process --role ml-reader --identity acme",
		"credential_process=/old/dbxaccess credential-process --role ml-trainer --identity acme ; old",
		"  credential_process : \"/a b/dbxaccess\" credential-process --role ml-trainer --identity acme",
		"credential_process = /opt/other", "Region = us-east-1", "\tregion=eu-west-1\t# home", "region =", "output = json", "s3 =",
		"  addressing_style = path", "\t\tdeep = er", "# comment", "  ; indented comment", "", "", " ", "garbage", "\x85", "= x", "[",
	}}
}

func editedDatabricks(t testing.TB) edited {
	return edited{databricksTarget(t, "config"), testWorkspaces(), regexp.MustCompile(`(?i)^\s*(host|auth_type|databricks_cli_path)\s*[=:]`), "databricks", []string{
		"[dbx-ml-reader]", "[dbx-ml-reader]", "[dbx-ml-trainer]", "[dbx-ml-trainer] # x", "[ dbx-ml-trainer]", "  [dbx-ml-reader]", "[dbx-ml-trainer",
		"[DEFAULT]", "[work]", "[__settings__]", "default_profile = dbx-ml-reader", "token = dapi0123", "  token = dapi0123",
		"databricks_cli_path = /usr/local/bin/dbxaccess", "databricks_cli_path=/old place/dbxaccess ; old", "Databricks_Cli_Path: \"/x/dbxaccess\"",
		"databricks_cli_path = /usr/bin/databricks", "host = https://dbc-1234.cloud.databricks.com", "Host = http://127.0.0.1:8443", "\thost: x",
		"[work] # x", "[", "auth_type = databricks-cli", "auth_type=pat", "cluster_id = 1", "x = a\\", "\\", "# a\\", "# comment = 1", "  ; indented", "", "", " ", "\x85", "= x",
	}}
}

func FuzzEdit(f *testing.F) {
	f.Add([]byte(byteOrderMark))
	f.Add([]byte("\xff\xfe[\x00"))
	f.Add([]byte("[profile dbx-ml-reader\r\n"))
	editedAWS(f).fuzz(f)
}

func FuzzEditDatabricks(f *testing.F) {
	// What is put in above an indented line must not be continued by it.
	f.Add([]byte("[dbx-ml-reader]\n 0\ndatabricks_cli_path=dbxaccess"))
	// A header that is none to some SDKs, and a setting below it.
	f.Add([]byte("[dbx-ml-reader]\n0000000000:000000000000000000000000000000\ndAtABriCks_Cli_pAth =000/dbxaccess \n[\ndatabricks_cli_path="))
	f.Add([]byte("[dbx-ml-reader]\ndatabricks_cli_path = /x/dbxaccess\n[work] # mine\n  host = https://b.com\n"))
	editedDatabricks(f).fuzz(f)
}

func (e edited) fuzz(f *testing.F) {
	seeds, err := filepath.Glob(filepath.Join("testdata", e.seeds, "*", "in"))
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
	f.Fuzz(e.check)
}

func TestEditingKeepsItsPromisesForAnyOrderOfLines(t *testing.T) {
	t.Parallel()
	editedAWS(t).checkFragments(t, 4000, 400)
}

func TestEditingDatabricksKeepsItsPromisesForAnyOrderOfLines(t *testing.T) {
	t.Parallel()
	if updated := editedDatabricks(t).checkFragments(t, 6000, 600); updated < 20 {
		t.Errorf("only %d files were updated; the test proves little", updated)
	}
}

// Nearly every random sequence of bytes is one foreign line. Sequences of fragments reach what bytes don't.
func (e edited) checkFragments(t *testing.T, rounds, atLeast int) (updated int) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	accepted := 0
	for range rounds {
		var file strings.Builder
		for n := random.IntN(14); n > 0; n-- {
			file.WriteString(e.fragments[random.IntN(len(e.fragments))])
			if n > 1 || random.IntN(3) > 0 {
				file.WriteString([]string{"\n", "\n", "\n", "\r\n"}[random.IntN(4)])
			}
		}
		if done, err := e.sync([]byte(file.String()), testHelper().Path, e.want, nil); err == nil {
			accepted++
			if done.changes[0].Action == Updated {
				updated++
			}
		}
		e.check(t, []byte(file.String()))
	}
	if accepted < atLeast {
		t.Errorf("only %d files were edited; the test proves little", accepted)
	}
	return updated
}

// check holds an edit of any file to what the package promises.
func (e edited) check(t *testing.T, before []byte) {
	t.Helper()
	program := testHelper().Path
	done, err := e.sync(before, program, e.want, nil)
	if err != nil {
		return // refused: nothing would be written
	}
	foreignLinesStay(t, e.ours, before, done.data)
	again, err := e.sync(done.data, program, e.want, nil)
	if err != nil || !bytes.Equal(again.data, done.data) || again.diff != "" {
		t.Fatalf("twice is not once (%v): %q became %q, then %q", err, before, done.data, again.data)
	}
	doc, err := editor.Parse(done.data, e.style)
	if err != nil {
		t.Fatalf("our own output is refused: %v", err)
	}
	written := e.entries(doc)
	for _, p := range e.want {
		if !slices.ContainsFunc(written, func(w Entry) bool {
			p := p
			p.Region, p.AccountID = cmp.Or(p.Region, w.Region), cmp.Or(p.AccountID, w.AccountID) // or what a person set
			return w.Written && w.Profile == p && w.Helper == program
		}) {
			t.Fatalf("%q became %q: %v is not among %v", before, done.data, p, written)
		}
		if e.For == ForDatabricks {
			sdksReadAlike(t, before, done.data, p.Name, e.settings(program, p))
		}
	}
	if slices.ContainsFunc(done.changes, func(c Change) bool { return c.Action != Added }) {
		return
	}
	if !bytes.HasPrefix(done.data, before) {
		t.Fatalf("adding changed what was there: %q became %q", before, done.data)
	}
	for _, p := range e.want {
		if _, err := doc.Remove(p.Name, e.keys); err != nil {
			t.Fatal(err)
		}
	}
	if got, _ := doc.Result("config"); !bytes.Equal(got, before) {
		t.Fatalf("adding and removing turned %q into %q", before, got)
	}
}

// sdksReadAlike checks that what was written is what the SDKs read.
func sdksReadAlike(t *testing.T, before, after []byte, profile string, settings []editor.Setting) {
	t.Helper()
	for sdk, reader := range sdkReaders() {
		values, ok := reader(string(after), profile)
		for _, v := range settings {
			if absent := values[v.Key] == "" && v.InPlace; ok && v.Value != "" && values[v.Key] != v.Value && !absent {
				t.Fatalf("%q became %q, in which the SDK for %s reads %s = %q in %s", before, after, sdk, v.Key, values[v.Key], profile)
			}
		}
	}
}

// foreignLinesStay checks that every line that is not like one of ours is still there, byte for byte, in order.
func foreignLinesStay(t *testing.T, ours *regexp.Regexp, before, after []byte) {
	t.Helper()
	oldText, hadBOM := strings.CutPrefix(string(before), byteOrderMark)
	newText, hasBOM := strings.CutPrefix(string(after), byteOrderMark)
	if hadBOM != hasBOM {
		t.Fatalf("the byte order mark came or went: %q became %q", before, after)
	}
	rest := slices.Collect(strings.Lines(newText))
	all := slices.Collect(strings.Lines(oldText))
	for i, l := range all {
		if ours.MatchString(l) {
			continue
		}
		at := slices.IndexFunc(rest, func(r string) bool {
			// The last line of a file may lack an ending, until another line follows.
			return r == l || i == len(all)-1 && !strings.HasSuffix(l, "\n") && strings.TrimRight(r, "\r\n") == l
		})
		if at < 0 {
			t.Fatalf("the line %q is gone: %q became %q", l, before, after)
		}
		rest = rest[at+1:]
	}
}

func FuzzParseOwn(f *testing.F) {
	for _, seed := range []string{
		"/usr/local/bin/dbxaccess credential-process --role r --identity i", `"C:\a b\dbxaccess.exe" credential-process`,
		"dbxaccess credential-process --role=r", `'`, `"dbxaccess credential-process`, "\x00 credential-process", "",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, command string) {
		own, ok := parseOwn(command)
		if !ok {
			return
		}
		if !isHelperName(own.helper) || !strings.Contains(command, "dbxaccess") && !strings.Contains(strings.ToLower(command), "dbxaccess.exe") {
			t.Errorf("%q was taken for ours", command)
		}
		// Whatever path was accepted for writing is read back as it was.
		for _, goos := range []string{"linux", "windows"} {
			word, err := Helper{Path: own.helper, windows: goos == "windows"}.word()
			if err != nil {
				continue
			}
			line := ownLine(word, "r", "i")
			if back, ok := parseOwn(line); !ok || !back.plain || back.role != "r" || back.identity != "i" ||
				back.helper != own.helper && goos == "linux" {
				t.Errorf("%s: %q became %q, read back as %+v", goos, own.helper, line, back)
			}
		}
	})
}
