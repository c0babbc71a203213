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

const byteOrderMark = "\xef\xbb\xbf"

// ourLine is a second, cruder opinion on which lines an edit may replace.
var ourLine = regexp.MustCompile(`(?i)^\s*(credential_process|region)\s*[=:]`)

func FuzzEdit(f *testing.F) {
	seeds, err := filepath.Glob(filepath.Join("testdata", "golden", "*", "in"))
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
	f.Add([]byte(byteOrderMark))
	f.Add([]byte("\xff\xfe[\x00"))
	f.Add([]byte("[profile dbx-ml-reader\r\n"))
	f.Fuzz(checkEdit)
}

// fragments are what odd config files are made of; the property test strings them together.
var fragments = []string{
	"[profile dbx-ml-reader]", "[profile dbx-ml-trainer]", "[profile 'dbx-ml-reader'] # x", "[profile\t dbx-ml-trainer]", "[ profile dbx-ml-trainer]",
	"  [profile dbx-ml-reader]", "[profile dbx-ml-trainer", "[profile work]", "[default]", "[sso-session x]", "[dbx-ml-reader]",
	"credential_process = /usr/local/bin/dbxaccess credential-process --role ml-reader --identity acme",
	"credential_process=/old/dbxaccess credential-process --role ml-trainer --identity acme ; old",
	"  credential_process : \"/a b/dbxaccess\" credential-process --role ml-trainer --identity acme",
	"credential_process = /opt/other", "Region = us-east-1", "\tregion=eu-west-1\t# home", "region =", "output = json", "s3 =",
	"  addressing_style = path", "\t\tdeep = er", "# comment", "  ; indented comment", "", "", " ", "garbage", "\x85", "= x", "[",
}

// Nearly every random sequence of bytes is one foreign line. Sequences of fragments reach what bytes don't.
func TestEditingKeepsItsPromisesForAnyOrderOfLines(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	accepted := 0
	for range 4000 {
		var file strings.Builder
		for n := random.IntN(14); n > 0; n-- {
			file.WriteString(fragments[random.IntN(len(fragments))])
			if n > 1 || random.IntN(3) > 0 {
				file.WriteString([]string{"\n", "\n", "\n", "\r\n"}[random.IntN(4)])
			}
		}
		if _, err := testSync(testProfiles()...).edit([]byte(file.String())); err == nil {
			accepted++
		}
		checkEdit(t, []byte(file.String()))
	}
	if accepted < 400 {
		t.Errorf("only %d files were edited; the test proves little", accepted)
	}
}

// checkEdit holds an edit of any file to what the package promises.
func checkEdit(t *testing.T, before []byte) {
	t.Helper()
	sync := testSync(testProfiles()...)
	done, err := sync.edit(before)
	if err != nil {
		return // refused: nothing would be written
	}
	foreignLinesStay(t, ourLine, before, done.data)

	again, err := sync.edit(done.data)
	if err != nil || !bytes.Equal(again.data, done.data) || again.diff != "" {
		t.Fatalf("twice is not once (%v): %q became %q, then %q", err, before, done.data, again.data)
	}
	doc, err := editor.Parse(done.data, editor.Prefixed)
	if err != nil {
		t.Fatalf("our own output is refused: %v", err)
	}
	written := entries(doc)
	for _, p := range testProfiles() {
		if !slices.ContainsFunc(written, func(e Entry) bool {
			return e.Written && e.Profile == p.Name && e.Role == p.Role && e.Identity == p.Identity &&
				(e.Region == p.Region || p.Region == "") && e.Helper == testHelper().Path
		}) {
			t.Fatalf("%q became %q: %v is not among %v", before, done.data, p, written)
		}
	}
	if slices.ContainsFunc(done.changes, func(c Change) bool { return c.Action != Added }) {
		return
	}
	if !bytes.HasPrefix(done.data, before) {
		t.Fatalf("adding changed what was there: %q became %q", before, done.data)
	}
	for _, p := range testProfiles() {
		if _, err := doc.Remove(p.Name, []string{keyProcess, keyRegion}); err != nil {
			t.Fatal(err)
		}
	}
	if got, _ := doc.Result("config"); !bytes.Equal(got, before) {
		t.Fatalf("adding and removing turned %q into %q", before, got)
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
			line, err := Helper{Path: own.helper}.line(goos, "r", "i")
			if err != nil {
				continue
			}
			if back, ok := parseOwn(line); !ok || !back.plain || back.role != "r" || back.identity != "i" ||
				back.helper != own.helper && goos == "linux" {
				t.Errorf("%s: %q became %q, read back as %+v", goos, own.helper, line, back)
			}
		}
	})
}
