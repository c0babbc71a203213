package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

// generated is the first line of pages that the commands' help is written to.
const generated = "<!-- Written by make generate from the commands' own help. -->\n"

// ofDocs are the names of all pages of docs, within it.
func ofDocs(t *testing.T) (names []string) {
	t.Helper()
	for _, name := range docPages(t) {
		if name, found := strings.CutPrefix(name, "docs/"); found {
			names = append(names, name)
		}
	}
	return names
}

// A page that no index names is read by nobody. A folder is named by its own index or, as the decisions are, as a whole; that what is named is
// there, TestPagesNameOnlyWhatIsThere says.
func TestEveryPageIsInTheIndex(t *testing.T) {
	t.Parallel()
	const index = "README.md"
	if !strings.Contains(page(t, index), "(docs/"+index+")") {
		t.Error("README.md does not link to docs/README.md")
	}
	for _, name := range ofDocs(t) {
		folder, file, nested := strings.Cut(name, "/")
		switch {
		case !nested:
			folder, file = "", name
		case folder == "decisions":
			folder, file = "", folder
		}
		if file == index {
			if folder == "" {
				continue
			}
			folder, file = "", folder+"/"+index
		}
		if in := filepath.Join("docs", folder, index); !strings.Contains(page(t, in), "]("+file+")") {
			t.Errorf("%s does not link to %s", in, name)
		}
	}
}

// Whoever opens a page learns first what it is for.
func TestEveryPageBeginsWithWhatItIsFor(t *testing.T) {
	t.Parallel()
	for _, name := range ofDocs(t) {
		if strings.HasPrefix(name, "decisions/") {
			continue
		}
		title, rest, _ := strings.Cut(strings.TrimPrefix(page(t, "docs/"+name), generated), "\n\n")
		first, _, _ := strings.Cut(rest, "\n\n")
		if !strings.HasPrefix(title, "# ") || strings.Contains(title, "\n") {
			t.Errorf("docs/%s begins with %q, which is no title", name, title)
		}
		if !regexp.MustCompile("^[*`]*[A-Z][^|]+[.:]").MatchString(first) {
			t.Errorf("below its title, docs/%s begins with %q: say what the page is for", name, first)
		}
	}
}

// anchors are the places of a page that links lead to, as GitHub names them after the headings.
func anchors(text string) map[string]bool {
	all, fenced := map[string]bool{}, false
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "```") {
			fenced = !fenced
		}
		if heading := regexp.MustCompile(`^#{1,6} (.*)`).FindStringSubmatch(line); heading != nil && !fenced {
			words := regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`).ReplaceAllString(heading[1], "$1")
			all[strings.Map(func(r rune) rune {
				switch {
				case r == ' ':
					return '-'
				case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
					return unicode.ToLower(r)
				}
				return -1
			}, words)] = true
		}
	}
	return all
}

func TestLinksLeadToHeadings(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`\]\(([^)#:\s]*)#([^)\s]+)\)`)
	links := 0
	for _, name := range docPages(t) {
		for _, match := range link.FindAllStringSubmatch(page(t, name), -1) {
			to := name
			if match[1] != "" {
				to = filepath.Join(filepath.Dir(name), match[1])
			}
			text, err := os.ReadFile(filepath.Join(repository, to))
			if links++; err != nil || !anchors(string(text))[match[2]] {
				t.Errorf("%s leads to %s#%s, where there is no such heading", name, match[1], match[2])
			}
		}
	}
	if links < 40 {
		t.Errorf("only %d links to headings are found", links)
	}
}
