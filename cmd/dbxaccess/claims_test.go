package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	shownBy = regexp.MustCompile(`\[([\w-]+)\]\(\.\./([^)#]+)\)`)
	// ofTests are the places of what shows a claim. A page may link to other files too.
	ofTests = regexp.MustCompile(`_test\.go$|/testdata/(script|screens)/`)
)

// A claim of security without a test is a wish, and one whose test has gone is worse.
func TestEveryClaimOfSecurityNamesItsTest(t *testing.T) {
	t.Parallel()
	for _, of := range []struct {
		page   string
		claims int               // at least
		words  map[string]string // sections whose tables claim nothing that a test could show
	}{
		{"docs/security.md", 45, nil},
		{"docs/threat-model.md", 80, map[string]string{"## Assets": "", "## Who might try": "", "## What is not defended": ""}},
	} {
		claims, section, shown := 0, "", false
		text := page(t, of.page)
		for line := range strings.Lines(text) {
			line = strings.TrimSpace(line)
			if strings.HasPrefix(line, "#") {
				section = line
			}
			cells := strings.Split(strings.Trim(line, "|"), "|")
			last := strings.TrimSpace(cells[len(cells)-1])
			_, claimsNothing := of.words[section]
			switch {
			case !strings.HasPrefix(line, "|"):
				shown = false
			case last == "shown by":
				shown = true
			case !shown && !claimsNothing && of.words != nil:
				t.Errorf("%s, %s: a table without its tests: %s", of.page, section, line)
			case !shown || strings.Trim(last, "-") == "":
			default:
				claims++
				if !shownBy.MatchString(last) {
					t.Errorf("%s names no test for: %s", of.page, line)
				}
			}
		}
		for _, link := range shownBy.FindAllStringSubmatch(text, -1) {
			if why := noTest(link[1], link[2]); ofTests.MatchString(link[2]) && why != "" {
				t.Errorf("%s: %s in %s: %s", of.page, link[1], link[2], why)
			}
		}
		if claims < of.claims {
			t.Errorf("%s: only %d claims with tests are found, of %d", of.page, claims, of.claims)
		}
	}
}

// noTest says why a name is none of a test in that file of the repository; "" where it is one.
func noTest(name, path string) string {
	text, err := os.ReadFile(filepath.Join(repository, filepath.FromSlash(path)))
	switch base, _, _ := strings.Cut(filepath.Base(path), "."); {
	case err != nil:
		return "there is no such file"
	case strings.HasSuffix(path, "_test.go") && !strings.Contains(string(text), "\nfunc "+name+"("):
		return "the file has no such test"
	case strings.HasSuffix(path, ".txtar") && base != name, strings.HasSuffix(path, ".txt") && base != name+"-80":
		return "the file is called otherwise"
	}
	return ""
}

func TestNamesOfTestsAreToldApart(t *testing.T) {
	t.Parallel()
	for link, want := range map[[2]string]bool{
		{"TestNamesOfTestsAreToldApart", "cmd/dbxaccess/claims_test.go"}:     true,
		{"TestNamesOfTests", "cmd/dbxaccess/claims_test.go"}:                 false,
		{"TestNamesOfTestsAreToldApart", "cmd/dbxaccess/none_test.go"}:       false,
		{"init", "cmd/dbxaccess/testdata/script/init.txtar"}:                 true,
		{"logout", "cmd/dbxaccess/testdata/script/init.txtar"}:               false,
		{"env-at-terminal", "cmd/dbxaccess/testdata/screens/home-80.txt"}:    false,
		{"home", "cmd/dbxaccess/testdata/screens/home-80.txt"}:               true,
		{"init", "cmd/dbxaccess/testdata/script/there-is-no-such-one.txtar"}: false,
	} {
		if why := noTest(link[0], link[1]); (why == "") != want {
			t.Errorf("%q: %q", link, why)
		}
	}
}
