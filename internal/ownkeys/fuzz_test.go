package ownkeys

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// Whatever a person's file says: where keys are taken out of it, none of their values stays, what is taken are the lines that held them,
// and what is left are the file's other lines, in their order, and no line more. In a file with sections their headers may go as well.
func FuzzWithout(f *testing.F) {
	f.Add([]byte("export AWS_ACCESS_KEY_ID=KEY1\nexport PATH=$PATH:x\n"), "KEY1", uint8(settings))
	f.Add([]byte("ls\n#1790000000\naws configure set x KEY1\n#1790000001\nls\n"), "KEY1", uint8(history))
	f.Add([]byte("[default]\r\naws_access_key_id = KEY1\r\n# KEY\r\nregion = x\r\n[other]\r\nx = y"), "KEY1", uint8(sections))
	f.Add([]byte("[a]\nb = KEY1\n  c = KEY1\n[d]\n"), "KEY1", uint8(sections))
	f.Add([]byte("a=1 \\\nb=KEY1"), "KEY1", uint8(settings))
	f.Add([]byte("x=KEY1 # KEY1"), "KEY1", uint8(settings))
	f.Fuzz(func(t *testing.T, content []byte, value string, kind uint8) {
		if value == "" || strings.ContainsAny(value, "\r\n") {
			return // a key is on one line, see statickeys
		}
		p := place{path: "f", form: form(kind % uint8(history+1))}
		rest, taken, err := p.without(content, []string{value})
		if err != nil {
			return
		}
		if bytes.Contains(rest, []byte(value)) {
			t.Fatalf("it is still in %q", rest)
		}
		before, after := slices.Collect(strings.Lines(string(content))), slices.Collect(strings.Lines(string(rest)))
		var held []string
		for _, line := range before {
			if strings.Contains(line, value) {
				held = append(held, strings.TrimRight(line, "\r\n"))
			}
		}
		if got := strings.Split(strings.TrimSuffix(taken, "\n"), "\n"); !slices.Equal(got, held) {
			t.Fatalf("%q is taken, and %q held it", got, held)
		}
		for _, line := range before {
			kept := len(after) > 0 && strings.TrimRight(after[0], "\r\n") == strings.TrimRight(line, "\r\n")
			switch {
			case kept:
				after = after[1:]
			case strings.Contains(line, value):
			case p.form == history && bashStamp().MatchString(line):
			case p.form == sections && (strings.HasPrefix(strings.TrimSpace(line), "[") || strings.TrimSpace(line) == ""):
			default:
				t.Fatalf("the line %q is gone, too", line)
			}
		}
		if len(after) > 0 {
			t.Fatalf("%q has come in", after)
		}
	})
}
