package pass

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/command"
)

// GnuPG's words are looked at with suspicion: what stands in them comes from the item.
func TestRecipientsAreKeyIDsAndFew(t *testing.T) {
	t.Parallel()
	const key = "0123456789ABCDEF"
	for stderr, want := range map[string][]string{
		"":                                     nil,
		"gpg: encrypted with " + key:           nil,
		statusMark + "ENC_TO " + key + " 18 0": {key},
		statusMark + "ENC_TO\n" + statusMark + "ENC_TO " + key: {key},
		statusMark + "ENC_TO " + strings.Repeat("A", 40):       {strings.Repeat("A", 40)},
		statusMark + "ENC_TO " + strings.Repeat("A", 41):       nil,
		statusMark + "ENC_TO --help":                           nil,
		statusMark + "ENC_TO alice@example.com":                nil,
		statusMark + "ENC_TO \x1b[31m":                         nil,
		strings.Repeat(statusMark+"ENC_TO "+key+"\n", 50):      slices.Repeat([]string{key}, 8),
	} {
		if got := recipients(outcome{Output: command.Output{Stderr: []byte(stderr)}}); !slices.Equal(got, want) {
			t.Errorf("%.100q: got %v, want %v", stderr, got, want)
		}
	}
}

// A session of its own is without a terminal, on which GnuPG or a script around it could ask.
func TestProgramsRunInASessionOfTheirOwn(t *testing.T) {
	t.Parallel()
	p := passwords{waiting: func(string) func() { return func() {} }}
	ran := p.run(t.Context(), program{name: "cat", args: []string{"/proc/self/stat"}})
	id, after, found := bytes.Cut(ran.Stdout, []byte(" (cat) "))
	fields := bytes.Fields(after) // state, parent, group, session, …: proc(5)
	if ran.err != nil || !found || len(fields) < 4 {
		t.Fatalf("got %q, %v", ran.Stdout, ran.err)
	}
	if pid, err := strconv.Atoi(string(id)); err != nil || string(fields[3]) != strconv.Itoa(pid) {
		t.Errorf("the process %s runs in the session %s", id, fields[3])
	}
}
