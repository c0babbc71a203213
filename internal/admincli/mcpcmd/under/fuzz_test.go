package under

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/dbxaccess/dbxaccess/internal/admincli/mcpcmd/scrub"
	"github.com/dbxaccess/dbxaccess/internal/secret"
)

// Whatever a program prints, in whatever pieces and however much: a model sees no secret of it and nothing that moves a terminal, no more
// than its share, and the whole of what is short.
func FuzzKept(f *testing.F) {
	const canary = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYCANARY"
	f.Add([]byte("a "+canary+" b"), uint16(1), uint32(3))
	f.Add([]byte("\x1b[31m"+canary[:10]+"\x1b[0m"+canary[10:]+"\r\n\x1b]0;x\x07"), uint16(7), uint32(keptHead-20))
	f.Add([]byte("\xff\u202e\u200b é"), uint16(2), uint32(keptHead+slack-10))
	f.Add([]byte("x"), uint16(4096), uint32(keptHead+2*(keptTail+slack)))
	f.Fuzz(func(t *testing.T, text []byte, piece uint16, before uint32) {
		if bytes := len(text); bytes > 1<<10 {
			return
		}
		var s scrub.Secrets
		s.Add(secret.New(canary))
		var k kept
		filler := []byte(strings.Repeat("filled with words\n", int(before%(4*(keptHead+keptTail+slack)))/18))
		whole := append(append(append(append([]byte{}, filler...), text...), canary...), filler...)
		for rest := whole; len(rest) > 0; {
			n := min(len(rest), int(piece)%(32<<10)+1)
			if wrote, err := k.Write(rest[:n]); wrote != n || err != nil {
				t.Fatal(wrote, err)
			}
			rest = rest[n:]
		}
		shown, leftOut, marks := k.shown(&s)
		if strings.Contains(shown, canary) {
			t.Fatalf("the secret is shown in %d bytes", len(shown))
		}
		if leftOut == 0 && marks == 0 {
			t.Fatal("all is shown, and no secret was taken out")
		}
		if k.size() != int64(len(whole)) || (leftOut == 0) != (len(whole) <= keptHead+keptTail) && len(plain(whole)) == len(whole) {
			t.Fatalf("%d bytes of %d are left out", leftOut, len(whole))
		}
		if len(shown) > keptHead+keptTail+2*len(scrub.Mark)+len(canary)+64 {
			t.Fatalf("%d bytes are shown", len(shown))
		}
		odd := func(r rune) bool {
			return unicode.IsControl(r) && r != '\n' && r != '\t' || r == '\u202e' || r == '\u200b'
		}
		if !utf8.ValidString(shown) || strings.ContainsFunc(shown, odd) {
			t.Fatalf("%q", shown)
		}
	})
}
