package accessmap

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/needed"
)

func TestWhatIsNotAnOrdinaryTextFile(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"empty":               {"", "1:1: the file is empty; an access map starts with version: 1"},
		"comments only":       {"# nothing\n", "1:1: the file is empty; an access map starts with version: 1"},
		"mark only":           {"\ufeff", "1:1: the file is empty; an access map starts with version: 1"},
		"UTF-16":              {"\xff\xfev\x00", "1:1: the file is UTF-16; save it as UTF-8"},
		"Latin-1":             {"version: 1\ncontact: B\xfcro\n", "2:11: byte 0xfc is not UTF-8; save the file as UTF-8"},
		"NUL":                 {"version: 1\r\nx\x00", "2:2: a NUL byte; this is not a text file"},
		"escape":              {"contact: ü\x1b[2J", "1:11: control character U+001B"},
		"C1":                  {"contact: \u009b2J", "1:10: control character U+009B"},
		"bidi":                {"contact: a # \u202e", "1:14: U+202E reorders the text around it on the screen; remove it"},
		"too large":           {strings.Repeat(" ", MaxSize+1), "1:1: the file has 8388609 bytes, an access map at most 8388608"},
		"two documents":       {"a: 1\n---\nb: 2\n", "2:1: a second document begins here; an access map is one document"},
		"rubbish after":       {"a: 1\n---\n\"b\n", "3:1: a quote that is not closed"},
		"anchor":              {"a: &x 1\n", "1:4: anchor &x: anchors and aliases are not allowed"},
		"alias":               {"&x a: *x\n", "1:7: alias *x: write the value out, aliases are not allowed"},
		"merge key":           {"a: {<<: {b: 1}}\n", "1:5: merge keys (<<) are not allowed; roles share grants with inherits"},
		"tag":                 {"a: !!str 1\n", "1:4: tag !!str: tags are not allowed"},
		"own tag":             {"a: !go/exec x\n", "1:4: tag !go/exec: tags are not allowed"},
		"deep":                {strings.Repeat("[", 17) + strings.Repeat("]", 17), "1:17: nested more than 16 levels deep"},
		"tab":                 {"a:\n\tb: 1\n", "2:1: a tab in the indentation; YAML wants spaces"},
		"unfinished":          {"a: 1\nb: [1,\n", "2:4: a [ or { that is not closed, or a comma too many"},
		"colon in plain text": {"a: 1\nb: c: d\n", "2:5: a colon within a value: put the value in quotes, or begin the next key on a line of its own"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := problemsOf(t, c.text); len(got) == 0 || !slices.Contains(got, c.want) {
				t.Errorf("want %s\n got %s", c.want, strings.Join(got, "\n     "))
			}
		})
	}
}

func TestOddButHonestFiles(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"byte order mark":   "\ufeff" + start,
		"CRLF":              strings.ReplaceAll(start, "\n", "\r\n"),
		"no final newline":  strings.TrimSuffix(start, "\n"),
		"document marks":    "---\n" + start + "...\n",
		"comments at start": "# a\n\n# b\n" + start,
		"JSON": `{"version": 1, "identities": {"i": {"issuer": "https://i.example", "client_id": "x", "groups": {}}},
			"roles": {"r": {}}}`,
	} {
		if _, err := Parse("m", []byte(text)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// An alias bomb, deep nesting and the like take time that grows with the size, and no more.
func TestHostileFilesEndSoon(t *testing.T) {
	needed.FullSpeed(t)
	t.Parallel()
	const size = 1 << 16
	for name, text := range map[string]string{
		"bomb":       "a: &a [x,x,x,x,x,x,x,x,x]\n" + strings.Repeat("b: &b [*a,*a,*a,*a,*a,*a,*a,*a]\n", 20),
		"brackets":   strings.Repeat("[", size),
		"braces":     strings.Repeat("{", size),
		"dashes":     strings.Repeat("- ", size/2),
		"questions":  strings.Repeat("? ", size/2),
		"items":      "[" + strings.Repeat("a,", size/2) + "]",
		"one word":   strings.Repeat("a", size),
		"comments":   strings.Repeat("#\n", size/2),
		"quotes":     strings.Repeat(`"`, size),
		"blank":      strings.Repeat("\n", size),
		"keys":       strings.Repeat("a: \n", size/4),
		"circle":     chainOfRoles(1000),
		"suggesting": strings.Repeat("identitiez: 1\n", size/14),
	} {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			if _, err := Parse("m", []byte(text)); err == nil {
				t.Error("accepted")
			}
			if took := time.Since(began); took > time.Minute {
				t.Errorf("took %v", took)
			}
		})
	}
}
