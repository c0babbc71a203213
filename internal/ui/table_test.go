package ui

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

func TestWidthCountsColumns(t *testing.T) {
	for text, want := range map[string]int{
		"":             0,
		"abc":          3,
		"Ünïcode":      7,
		"e\u0301te":    3, // combining acute
		"日本語":          6,
		"한글":           4,
		"\u1112\u1161": 2, // the same kind of syllable, of single letters
		"ｆｕｌｌ":         8,
		"ﾊﾝｶｸ":         4,
		"🚀":            2,
		"…":            1,
	} {
		if got := Width(text); got != want {
			t.Errorf("Width(%q) = %d, want %d", text, got, want)
		}
	}
}

func TestFitCutsToColumns(t *testing.T) {
	for _, c := range []struct {
		text    string
		columns int
		want    string
	}{
		{"ml-trainer", 10, "ml-trainer"},
		{"ml-trainer", 9, "ml-train…"},
		{"日本語", 5, "日本…"},
		{"日本語", 4, "日…"},
		{"e\u0301te\u0301s", 3, "e\u0301t…"},
		{"abc", 1, "…"},
		{"abc", 0, ""},
		{"abc", -1, ""},
	} {
		if got := Fit(c.text, c.columns); got != c.want || Width(got) > max(c.columns, 0) {
			t.Errorf("Fit(%q, %d) = %q, want %q", c.text, c.columns, got, c.want)
		}
	}
}

func TestFoldBreaksBetweenWords(t *testing.T) {
	for _, c := range []struct {
		text            string
		columns, indent int
		want            string
	}{
		{"aaa bbb ccc", 11, 0, "aaa bbb ccc"},
		{"aaa bbb ccc", 10, 0, "aaa bbb\nccc"},
		{"aaa bbb ccc", 7, 0, "aaa bbb\nccc"},
		{"aaa bbb ccc", 6, 0, "aaa\nbbb\nccc"},
		{"aaa bbb ccc", 13, 2, "aaa bbb ccc"},
		{"aaa bbb ccc", 12, 2, "aaa bbb\n  ccc"},
		{"aaa bbbbbbbbb", 5, 1, "aaa\n bbbbbbbbb"},
		{"日本 日本 x", 9, 0, "日本 日本\nx"},
		{"aaa bbb ccc", 12, 6, "aaa\n      bbb\n      ccc"},
		{"aaa bbb ccc", 11, 6, "aaa bbb ccc"}, // more than half of it would be indent
	} {
		if got := Fold(c.text, c.columns, c.indent); got != c.want {
			t.Errorf("Fold(%q, %d, %d) = %q, want %q", c.text, c.columns, c.indent, got, c.want)
		}
	}
}

func FuzzFitNeverTakesMoreThanItMay(f *testing.F) {
	f.Add("日本語 e\u0301 🚀", 7)
	f.Add("\u0301\u0301", 1)
	f.Fuzz(func(t *testing.T, text string, columns int) {
		text = Clean(text)
		got := Fit(text, columns)
		if Width(got) > max(columns, 0) || got != text && !strings.HasPrefix(text, strings.TrimSuffix(got, "…")) {
			t.Errorf("Fit(%q, %d) = %q", text, columns, got)
		}
	})
}

func TestTablesAreAlignedCleanedAndTrimmed(t *testing.T) {
	table := &Table{
		Header: []string{"ROLE", "OWNER", "NOTE"},
		Rows: [][]Cell{
			Cells("ml-trainer", "日本", "trains\r\n\x1b[31m"),
			Cells("ml", "e\u0301va", ""),
			Cells("dev", "", "tests "),
			Cells("ops"),
			{},
		},
	}
	var got bytes.Buffer
	if err := table.Print(&got); err != nil {
		t.Fatal(err)
	}
	want := `ROLE        OWNER  NOTE
ml-trainer  日本   trains  [31m
ml          ` + "e\u0301va" + `
dev                tests
ops

`
	if got.String() != want {
		t.Errorf("got\n%s\nwant\n%s", got.String(), want)
	}
}

func TestOnlyATerminalThatIsTooNarrowCutsOneColumn(t *testing.T) {
	table := &Table{
		Header:   []string{"PROFILE", "ARN", "LEFT"},
		Rows:     [][]Cell{Cells("dbx-ml-trainer", "arn:aws:iam::111122223333:role/ml-trainer", "59m")},
		Flexible: "ARN",
	}
	lines := func(width int) []string {
		var got bytes.Buffer
		if err := table.Print(&Screen{Terminal: &got, Width: width}); err != nil {
			t.Fatal(err)
		}
		return strings.Split(strings.TrimSuffix(got.String(), "\n"), "\n")
	}
	for width, want := range map[int]string{
		120: "dbx-ml-trainer  arn:aws:iam::111122223333:role/ml-trainer  59m",
		63:  "dbx-ml-trainer  arn:aws:iam::111122223333:role/ml-trainer  59m",
		50:  "dbx-ml-trainer  arn:aws:iam::111122223333:r…  59m",
		20:  "dbx-ml-trainer  arn:aws…  59m", // as narrow as it gets
	} {
		got := lines(width)
		if got[1] != want {
			t.Errorf("at %d columns %q, want %q", width, got[1], want)
		}
		if width >= 50 && (Width(got[0]) > width || Width(got[1]) > width) {
			t.Errorf("%d columns are not enough for\n%s", width, strings.Join(got, "\n"))
		}
	}
	var pipe bytes.Buffer
	if err := table.Print(&pipe); err != nil || !strings.Contains(pipe.String(), "role/ml-trainer  59m") {
		t.Errorf("a pipe got %q, %v", pipe.String(), err)
	}
	table.Header[1], table.Flexible = "AMAZON RESOURCE NAME", "AMAZON RESOURCE NAME"
	if got, want := lines(20), []string{"PROFILE         AMAZON RESOURCE NAME  LEFT", "dbx-ml-trainer  arn:aws:iam::111122…  59m"}; !slices.Equal(got, want) {
		t.Errorf("a heading stays whole, got %q, want %q", got, want)
	}
	table.Flexible = ""
	table.Rows[0][2].Text = "59m, key ASIAEXAMPLEEXAMPLE"
	if got := lines(70)[1]; got != "dbx-ml-trainer  arn:aws:iam::111122223333:role/ml-trainer  59m, key A…" {
		t.Errorf("the last column gives way when none is named, got %q", got)
	}
}

func TestATerminalThatIsTooNarrowAllTheSameGoesWithoutTheSpareColumn(t *testing.T) {
	table := &Table{
		Header: []string{"ROLE", "PROFILE", "DESCRIPTION"},
		Rows:   [][]Cell{Cells("forecast-trainer", "dbx-forecast-trainer", "Train the demand forecast"), Cells("dev")},
		Spare:  "PROFILE",
	}
	for width, want := range map[int]string{
		80: "ROLE              PROFILE               DESCRIPTION\nforecast-trainer  dbx-forecast-trainer  Train the demand forecast\ndev\n",
		60: "ROLE              PROFILE               DESCRIPTION\nforecast-trainer  dbx-forecast-trainer  Train the demand fo…\ndev\n",
		50: "ROLE              DESCRIPTION\nforecast-trainer  Train the demand forecast\ndev\n",
		30: "ROLE              DESCRIPTION\nforecast-trainer  Train the d…\ndev\n",
	} {
		var got bytes.Buffer
		if err := table.Print(&Screen{Terminal: &got, Width: width}); err != nil || got.String() != want {
			t.Errorf("at %d columns %v\n%swant\n%s", width, err, got.String(), want)
		}
	}
}

func TestColoursDoNotShiftColumns(t *testing.T) {
	table := &Table{
		Header: []string{"ROLE", "STATE"},
		Rows:   [][]Cell{{{"dev", Good}, {"59m", Bad}}, Cells("ml-trainer", "x")},
	}
	var got bytes.Buffer
	if err := table.Print(&Screen{Terminal: &got, Width: 80, Colour: true}); err != nil {
		t.Fatal(err)
	}
	want := "\x1b[1mROLE\x1b[0m        \x1b[1mSTATE\x1b[0m\n\x1b[32mdev\x1b[0m         \x1b[31m59m\x1b[0m\nml-trainer  x\n"
	if got.String() != want {
		t.Errorf("got %q, want %q", got.String(), want)
	}
}
