package refusal

import (
	"encoding/json"
	"fmt"
	"html"
	"os"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/dbxaccess/dbxaccess/internal/needed"
)

// sample is a row of testdata/cases.tsv: what a client wrote, and what is right. In a text, \n and \t stand for a line's end
// and a tab; a dash for nothing.
type sample struct {
	name, text string
	want       Refusal
}

func samples(t testing.TB) []sample {
	t.Helper()
	data, err := os.ReadFile("testdata/cases.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var all []sample
	for i, row := range strings.Split(strings.TrimSpace(string(data)), "\n") {
		cells := strings.Split(row, "\t")
		if len(cells) != 7 {
			t.Fatalf("row %d has %d cells", i+1, len(cells))
		}
		for n := range cells {
			if cells[n] == "-" {
				cells[n] = ""
			}
		}
		if i > 0 {
			all = append(all, sample{
				cells[0], strings.NewReplacer(`\n`, "\n", `\t`, "\t").Replace(cells[1]),
				Refusal{Principal: cells[2], Action: cells[3], Resource: cells[4], Prefix: cells[5], Kind: Kind(cells[6])},
			})
		}
	}
	if len(all) < 80 {
		t.Fatalf("only %d samples", len(all))
	}
	return all
}

// said are the fields that the samples hold.
func said(r Refusal) Refusal {
	return Refusal{Principal: r.Principal, Action: r.Action, Resource: r.Resource, Prefix: r.Prefix, Kind: r.Kind}
}

func TestWhatClientsWrite(t *testing.T) {
	t.Parallel()
	for _, s := range samples(t) {
		t.Run(s.name, func(t *testing.T) {
			found, err := Read([]byte(s.text))
			if err != nil || said(found.Refusal) != s.want {
				t.Errorf("%s\ngot  %+v, %v\nwant %+v", s.text, said(found.Refusal), err, s.want)
			}
			if found.Others != 0 {
				t.Errorf("%d others in %s", found.Others, s.text)
			}
		})
	}
}

// ways are those in which a text comes to us.
var ways = map[string]func(string) string{
	"CRLF": func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") },
	"80":   func(s string) string { return broken(s, 80) },
	"100":  func(s string) string { return broken(s, 100) },
	"61": func(s string) string { // some lines are needed to tell that it was broken so
		if len(s) < 4*61 {
			return s
		}
		return broken(s, 61)
	},
	"trimmed":      func(s string) string { return strings.ReplaceAll(broken(s, 80), " \n", "\n") },
	"mail":         func(s string) string { return "> " + strings.ReplaceAll(s, "\n", "\n> ") },
	"mail, 78":     func(s string) string { return "> " + strings.ReplaceAll(broken(s, 78), "\n", "\n> ") },
	"mail twice":   func(s string) string { return ">> " + strings.ReplaceAll(atSpaces(s, 70), "\n", "\n>> ") },
	"folded":       func(s string) string { return atSpaces(s, 72) },
	"coloured":     coloured,
	"bare colours": func(s string) string { return strings.ReplaceAll(coloured(s), "\x1b", "") },
	"boxed": func(s string) string {
		var b strings.Builder
		for l := range strings.SplitSeq(broken(s, 76), "\n") {
			fmt.Fprintf(&b, "│ %-76s │\n", l)
		}
		return b.String()
	},
	"logged": func(s string) string {
		return "2026-11-29T10:00:00.123Z ERROR [worker-1] job.Runner - failed: " + s + "\n2026-11-29T10:00:00.124Z INFO  [worker-1] job.Runner - bye"
	},
	"log of lines": func(s string) string {
		return "2026-11-29 10:00:00,123 ERROR " + strings.ReplaceAll(s, "\n", "\n2026-11-29 10:00:00,124 ERROR ")
	},
	"compose": func(s string) string { return "trainer-1  | " + strings.ReplaceAll(s, "\n", "\ntrainer-1  | ") },
	"pytest":  func(s string) string { return "E   " + strings.ReplaceAll(s, "\n", "\nE   ") },
	"JSON": func(s string) string {
		out, _ := json.Marshal(map[string]string{"level": "error", "msg": s})
		return string(out)
	},
	"JSON in JSON": func(s string) string {
		out, _ := json.Marshal(map[string]string{"msg": s})
		out, _ = json.Marshal(map[string]string{"line": string(out)})
		return string(out)
	},
	"JSON, 80": func(s string) string {
		out, _ := json.Marshal(map[string]string{"msg": s})
		return broken(string(out), 80)
	},
	"HTML":     func(s string) string { return "<pre>" + html.EscapeString(s) + "</pre>" },
	"HTML, 80": func(s string) string { return broken("<pre>"+html.EscapeString(s)+"</pre>", 80) },
	"repr":     func(s string) string { return fmt.Sprintf("%q", s) },
	"UTF-16": func(s string) string {
		out := []byte{0xff, 0xfe}
		for _, u := range utf16.Encode([]rune(s)) {
			out = append(out, byte(u), byte(u>>8))
		}
		return string(out)
	},
	"CSV":      func(s string) string { return `7,"` + strings.NewReplacer(`"`, `""`, "'", "''").Replace(s) + `",error` },
	"Markdown": func(s string) string { return strings.NewReplacer("_", `\_`, "*", `\*`).Replace(s) },
	"a web mail": func(s string) string {
		return "&gt; " + strings.ReplaceAll(html.EscapeString(broken(s, 78)), "\n", "\n&gt; ")
	},
	"a text processor": func(s string) string { return strings.NewReplacer("-based", "\u2011based", "'", "’").Replace(s) },
	"indented":         func(s string) string { return "    " + strings.ReplaceAll(s, "\n", "\n    ") },
	"buried":           buried,
	"buried, 80":       func(s string) string { return broken(buried(s), 80) },
	"twice":            func(s string) string { return s + "\n\n" + buried(s) },
	"quoted by hand":   func(s string) string { return "Hi, I get “" + s + "” when I train. Any idea?\n" },
}

// broken breaks lines where a terminal of so many columns does: anywhere.
func broken(s string, width int) string {
	var b strings.Builder
	column := 0
	for _, r := range s {
		if r == '\n' {
			column = 0
			b.WriteRune(r)
			continue
		}
		if column == width {
			b.WriteByte('\n')
			column = 0
		}
		b.WriteRune(r)
		column++
	}
	return b.String()
}

// atSpaces breaks lines where mail programs do.
func atSpaces(s string, width int) string {
	var b strings.Builder
	for l := range strings.SplitSeq(s, "\n") {
		column := 0
		for i, word := range strings.Split(l, " ") {
			switch {
			case i > 0 && column+1+len(word) > width:
				b.WriteByte('\n')
				column = 0
			case i > 0:
				b.WriteByte(' ')
				column++
			}
			b.WriteString(word)
			column += len(word)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func coloured(s string) string {
	return "\x1b[1;31m" + strings.NewReplacer("perform", "\x1b[0mperf\x1b[33morm", "Access", "Acc\x1b[4mess\x1b[24m", "arn:", "a\x1b[36mrn:", "\n", "\x1b[0m\n\x1b[31m").Replace(s) + "\x1b[0m"
}

// buried puts a text into a stack trace.
func buried(s string) string {
	var b strings.Builder
	for i := range 90 {
		fmt.Fprintf(&b, "\tat org.apache.spark.sql.execution.QueryExecution$$anonfun$%d.apply(QueryExecution.scala:%d)\n", i, 100+i)
	}
	b.WriteString("Caused by: java.lang.RuntimeException: " + s + "\n")
	for i := range 110 {
		fmt.Fprintf(&b, "\tat java.base/java.util.concurrent.ThreadPoolExecutor$Worker.run(ThreadPoolExecutor.java:%d)\n", 600+i)
	}
	b.WriteString("\t... 42 more\n")
	return b.String()
}

func TestHoweverItComesHere(t *testing.T) {
	needed.FullSpeed(t)
	t.Parallel()
	for way, change := range ways {
		t.Run(way, func(t *testing.T) {
			for _, s := range samples(t) {
				text := change(s.text)
				found, err := Read([]byte(text))
				got := said(found.Refusal)
				if err != nil || got != s.want {
					t.Errorf("%s\ngot  %+v, %v\nwant %+v\n%s", s.name, got, err, s.want, text)
				}
				if found.Others != 0 {
					t.Errorf("%s: %d others", s.name, found.Others)
				}
			}
		})
	}
}
