package mapcmd

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// FuzzFormats prints what names of groups may be, and reads it again as others will.
func FuzzFormats(f *testing.F) {
	for _, name := range []string{
		"analysts", "@acme/admins", "a|b", "`", "``x", "a`|`b", "<img src=x>", "=1+1", " =1", "\t=1", "\n=1", "\u202e=1", "-", "", "＝1", "a\r\nb", "[x](y)", "\xff",
	} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		var out bytes.Buffer
		if err := cli.PrintCSV(&out, []string{"who", "role"}, [][]string{{name, "r"}}); err != nil {
			t.Fatal(err)
		}
		records, err := csv.NewReader(&out).ReadAll()
		if err != nil || len(records) != 2 || len(records[1]) != 2 {
			t.Fatalf("%q becomes %q, %v", name, records, err)
		}
		if cell := strings.TrimSpace(records[1][0]); cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
			t.Fatalf("%q is a formula: %q", name, cell)
		}

		out.Reset()
		if err := printMarkdown(&out, table{header: []string{"WHO", "ROLE"}, rows: [][]ui.Cell{ui.Cells(name, "r")}}); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
		if len(lines) != 3 || !utf8.ValidString(lines[2]) {
			t.Fatalf("%q breaks a line: %q", name, lines)
		}
		bars := strings.Count(strings.ReplaceAll(lines[2], `\|`, ""), "|")
		if bars != 3 {
			t.Fatalf("%q makes a cell: %s", name, lines[2])
		}
		span := strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(lines[2], "| "), "| `r` |"))
		if span != "" && span != "-" && !wholeSpan(strings.ReplaceAll(span, `\|`, "|")) {
			t.Fatalf("%q leaves its span of code: %s", name, span)
		}
	})
}

// wholeSpan reports whether a text is one span of code: it begins and ends with a fence, and none as long is inside.
// https://github.github.com/gfm/#code-spans
func wholeSpan(text string) bool {
	fence := len(text) - len(strings.TrimLeft(text, "`"))
	if fence == 0 || len(text) < 2*fence || !strings.HasSuffix(text, strings.Repeat("`", fence)) {
		return false
	}
	run := 0
	for _, c := range text[fence : len(text)-fence] {
		if c != '`' {
			if run == fence {
				return false
			}
			run = 0
			continue
		}
		run++
	}
	return run < fence || run > fence
}
