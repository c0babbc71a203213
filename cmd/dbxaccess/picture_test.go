//go:build linux

package main

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// pictures are the screens that pages show, by their names, and what somebody hears who can't see them.
var pictures = map[string]string{
	"login":         "dbxaccess login shows an address and a code, and says who is signed in and what to type next",
	"status":        "dbxaccess status says who is signed in, until when, and what each role has",
	"roles-why":     "dbxaccess roles --why says which group gives which role, and what each role may do",
	"doctor-faults": "dbxaccess doctor names what is wrong, why, and the command that mends it",
	"picker":        "dbxaccess env without a role lets one be chosen by typing a part of its name or description",
	"map-mistake":   "dbxaccess map check names a mistake in an access map by line and column",
	"scan":          "dbxaccess scan names each key that does not expire by its place, never the key, and what to do about it",
	"audit-trace":   "dbxaccess audit trace says who read what, and which access belongs to nobody of the record",
	"init":          "dbxaccess init shows whom an access map makes this machine trust, and asks",
}

// Of a picture, in pixels.
const (
	pictureCell   = 8.4
	pictureLine   = 19
	pictureMargin = 16
)

// pictureStyles are the classes of what a terminal is told by SGR.
var pictureStyles = map[string]string{"": "", "1": "b", "2": "f", "31": "r", "32": "g", "33": "y", "36": "c", "4": "u"}

// pictureCSS has a light and a dark scheme, of 4.5:1 and more on their grounds.
const pictureCSS = `
text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono","Liberation Mono",monospace;fill:#1f2328;white-space:pre}
.w{fill:#f6f8fa;stroke:#d1d9e0}.b{font-weight:700}.f{fill:#59636e}.r{fill:#b3261e}.g{fill:#116329}.y{fill:#7d4e00}.c{fill:#0550ae}.u{text-decoration:underline}
@media (prefers-color-scheme:dark){text{fill:#e6edf3}.w{fill:#0d1117;stroke:#3d444d}.f{fill:#9198a1}.r{fill:#ff7b72}.g{fill:#56d364}.y{fill:#e3b341}.c{fill:#79c0ff}}
`

// picture compares docs/pictures/NAME.svg with what a command left on a screen, as golden does with the text.
func picture(t *testing.T, name string, args []string, p *paper) {
	t.Helper()
	title, shown := pictures[name]
	if !shown {
		return
	}
	got, err := drawn(title, append([][]paperCell{promptOf(args)}, stillRows(p.rows)...), p.columns)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(repository, "docs", "pictures", name+".svg")
	if *update {
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(got), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	if have, err := os.ReadFile(path); err != nil || string(have) != got {
		t.Errorf("%s is stale (make generate, and look at it): %v", path, err)
	}
}

// promptOf is the line in which the command was typed.
func promptOf(args []string) (row []paperCell) {
	row = append(row, paperCell{"$", "2"}, paperCell{" ", ""})
	for _, r := range "dbxaccess " + strings.Join(args, " ") {
		row = append(row, paperCell{string(r), "1"})
	}
	return row
}

// stillRows are rows without what differs from sign-in to sign-in.
func stillRows(rows [][]paperCell) (out [][]paperCell) {
	for _, row := range rows {
		var text strings.Builder
		for _, cell := range row {
			text.WriteString(cell.text)
		}
		if qrCode.MatchString(text.String() + "\n") {
			continue // a picture of a code leads nowhere
		}
		same := []rune(still(text.String()))
		if len(same) == len(row) { // where no cell is wide, or of several characters
			row = slices.Clone(row)
			for i, r := range same {
				row[i].text = string(r)
			}
		}
		out = append(out, row)
	}
	for len(out) > 0 && len(out[len(out)-1]) == 0 {
		out = out[:len(out)-1]
	}
	return out
}

// drawn is a screen as SVG: text that can be selected, with nothing from elsewhere in it, light or dark as the reader has it.
func drawn(title string, rows [][]paperCell, columns int) (string, error) {
	var b strings.Builder
	width, height := float64(columns)*pictureCell+2*pictureMargin, len(rows)*pictureLine+2*pictureMargin
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="t" width="%.0f" height="%d" viewBox="0 0 %.0f %d">`+"\n", width, height, width, height)
	fmt.Fprintf(&b, "<title id=\"t\">%s</title>\n<style>%s</style>\n", escaped(title), pictureCSS)
	fmt.Fprintf(&b, `<rect class="w" x=".5" y=".5" width="%.0f" height="%d" rx="8"/>`+"\n", width-1, height-1)
	for i, row := range rows {
		spans, err := spansOf(row)
		if err != nil {
			return "", err
		}
		if spans != "" {
			fmt.Fprintf(&b, `<text xml:space="preserve" y="%d">%s</text>`+"\n", pictureMargin+i*pictureLine+14, spans)
		}
	}
	b.WriteString("</svg>\n")
	return b.String(), nil
}

// spansOf are the parts of a row that have one style and no gap, each at its own column: fonts differ in width.
func spansOf(row []paperCell) (string, error) {
	var b strings.Builder
	for from := 0; from < len(row); {
		style, to, words := row[from].style, from, ""
		for to < len(row) && row[to].style == style {
			if to > from && row[to].text == " " && row[to-1].text == " " {
				break
			}
			words += row[to].text
			to++
		}
		if strings.TrimSpace(words) != "" {
			class, known := pictureStyles[style]
			if !known {
				return "", fmt.Errorf("pictures have no style for SGR %q", style)
			}
			if class != "" {
				class = ` class="` + class + `"`
			}
			fmt.Fprintf(&b, `<tspan x="%.1f" textLength="%.1f" lengthAdjust="spacingAndGlyphs"%s>%s</tspan>`,
				pictureMargin+float64(from)*pictureCell, float64(to-from)*pictureCell, class, escaped(words))
		}
		from = max(to, from+1)
	}
	return b.String(), nil
}

func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a Builder takes everything
	return b.String()
}

func TestAPictureIsWholeAndHoldsNothingFromElsewhere(t *testing.T) {
	t.Parallel()
	p := newPaper(20, "\x1b[31m<script>\x1b[0m & \"x\"\r\nname      rest 日本\r\n\x1b[1mABCD-EFGH\x1b[0m")
	got, err := drawn("a <title>", stillRows(p.rows), p.columns)
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	decoder := xml.NewDecoder(strings.NewReader(got))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v in:\n%s", err, got)
		}
		if text, ok := token.(xml.CharData); ok && strings.TrimSpace(string(text)) != "" {
			words = append(words, strings.TrimSpace(string(text)))
		}
	}
	for _, want := range []string{"a <title>", "<script>", `& "x"`, "name", "rest 日本", "WXYZ-WXYZ"} {
		if !slices.Contains(words, want) {
			t.Errorf("%q is not in %q", want, words)
		}
	}
	if _, err := drawn("", [][]paperCell{{{"x", "5"}}}, 20); err == nil {
		t.Error("a style that pictures do not have was taken")
	}
}

// Pages show only pictures that are made here, each says what it shows, and none is made that no page shows.
func TestEveryPictureIsShown(t *testing.T) {
	t.Parallel()
	shown := map[string]bool{}
	pages, err := filepath.Glob(filepath.Join(repository, "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range append(pages, filepath.Join(repository, "README.md")) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range regexp.MustCompile(`!\[([^\]]*)\]\(([^)]*)\)`).FindAllStringSubmatch(string(text), -1) {
			name := strings.TrimSuffix(filepath.Base(match[2]), ".svg")
			if shown[name] = true; pictures[name] == "" || len(match[1]) < 20 {
				t.Errorf("%s shows %s, which is not made here, or does not say what it is", path, match[2])
			}
		}
	}
	made, err := filepath.Glob(filepath.Join(repository, "docs", "pictures", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range made {
		name := strings.TrimSuffix(filepath.Base(path), ".svg")
		if !shown[name] {
			t.Errorf("no page shows %s", path)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if found := regexp.MustCompile(`(?i)<script|href|url\(|@import|<image|<foreignObject|on[a-z]+=`).Find(data); found != nil {
			t.Errorf("%s holds %s", path, found)
		}
	}
	if len(made) != len(pictures) {
		t.Errorf("there are %d pictures, and %d are made", len(made), len(pictures))
	}
}
