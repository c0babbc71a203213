package picker

import (
	"slices"
	"testing"
)

// pressed are the keys that a terminal sends in pieces, silence following the last of them.
func pressed(pieces ...string) (keys []key) {
	var t typed
	for i, piece := range pieces {
		t.pending = append(t.pending, piece...)
		for {
			k, ok := t.next(false)
			if !ok && i == len(pieces)-1 {
				k, ok = t.next(true)
			}
			if !ok {
				break
			}
			keys = append(keys, k)
		}
	}
	return keys
}

func TestKeysAreWhatTerminalsSend(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string][]key{
		"ab":                {'a', 'b'},
		"é日":                {'é', '日'},
		"\x1b[A\x1b[B":      {up, down},
		"\x1bOA\x1bOB":      {up, down}, // with the cursor keys in application mode
		"\x1b[1;5A":         {up},       // with Ctrl
		"\x0e\x10\t\x1b[Z":  {down, up, down, up},
		"\x1b[5~\x1b[6~":    {pageUp, pageDown},
		"\x1b[H\x1b[F":      {home, end},
		"\x1b[1~\x1b[4~":    {home, end},
		"\x1b[7~\x1b[8;2~":  {home, end},
		"\r":                {enter},
		"\x7f\x08\x17\x15":  {erase, erase, eraseWord, eraseAll},
		"\x12\x04\x03":      {keep, escape, escape},
		"\x1b":              {escape},
		"\x1b\x1b":          {escape, escape},
		"a\x1bxb":           {'a', noKey, 'b'}, // Alt and x
		"\x1b[200~x\x1b[I":  {noKey, 'x', noKey},
		"\x1b[?2026;2$y":    {noKey}, // an answer to somebody else's question
		"\x1b[12":           {noKey},
		"\x1b[1日":           {noKey, '日'},
		"\x00\x01\xff\x1c":  {noKey, noKey, noKey, noKey},
		"\xe6\x97":          {noKey, noKey},
		"\x1b]0;title\x07":  {noKey, '0', ';', 't', 'i', 't', 'l', 'e', noKey},
		"\x1b[\x1b[A":       {noKey, up},
		"\x1b[<0;10;10Mmid": {noKey, 'm', 'i', 'd'},
	} {
		if got := pressed(sent); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", sent, got, want)
		}
	}
	if got := pressed("\x1b", "[", "1;", "5B", "\xe6", "\x97\xa5"); !slices.Equal(got, []key{down, '日'}) {
		t.Errorf("over a slow line: %v", got)
	}
}

// Whatever is sent, each byte is taken once, and it ends.
func FuzzKeys(f *testing.F) {
	f.Add("\x1b[1;5A日\xff\x1b")
	f.Fuzz(func(t *testing.T, sent string) {
		typed := typed{pending: []byte(sent)}
		for range sent {
			before := len(typed.pending)
			if _, ok := typed.next(true); ok != (before > 0) || before > 0 && len(typed.pending) >= before {
				t.Fatalf("%q: stuck at %q", sent, typed.pending)
			}
		}
		if len(typed.pending) > 0 {
			t.Errorf("%q: left %q", sent, typed.pending)
		}
	})
}
