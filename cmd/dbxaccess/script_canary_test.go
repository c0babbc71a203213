package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// Canaries: whatever a script is about, at its end none of the secrets that its servers gave out may stand in what any of its commands
// printed, but where a secret is the answer that was asked for; in a command line that a program of ours was started by; or in a file.

// handingOut are the commands of which a secret is the answer, on stdout. Nothing is an answer on stderr.
var handingOut = []*regexp.Regexp{
	regexp.MustCompile(`\bdbxaccess (--debug )?(credential-process|(databricks-cli )?auth token|env|batch)\b`),
	regexp.MustCompile(`\bdbxaccess (--debug )?console\b`), // a link, where no browser is to take it
	regexp.MustCompile(`\bdbxaccess (--debug )?exec\b`),    // what it starts prints what it was given
	regexp.MustCompile(`^(! )?exec sh\b`),                  // it stands for an SDK, which starts one of these
	regexp.MustCompile(`\bdbx --keys\b`),                   // for a shell's environment
}

// canaryT is a script's T, which gets to see the log of the whole script at its end.
type canaryT struct {
	*testing.T

	secrets func() []string // of the script's servers, once there are some
}

func (c *canaryT) Run(name string, f func(testscript.T)) {
	c.T.Run(name, func(t *testing.T) { f(&canaryT{T: t, secrets: func() []string { return nil }}) })
}

// Verbose says so always: else a log forgets what went well.
func (c *canaryT) Verbose() bool { return true }

// Log is called once, behind all else.
func (c *canaryT) Log(args ...any) {
	log := fmt.Sprint(args...)
	if testing.Verbose() {
		c.T.Log(log)
	} else {
		c.T.Log(lastPart(log))
	}
	for _, line := range printing(log, c.secrets()) {
		c.Errorf("a secret was printed: %s", line)
	}
}

// lastPart are a log's headings, and what stands below the last one: where a script that fails has failed.
func lastPart(log string) string {
	last := max(strings.LastIndex(log, "\n# "), 0)
	var kept strings.Builder
	for line := range strings.Lines(log[:last]) {
		if strings.HasPrefix(line, "# ") {
			kept.WriteString(line)
		}
	}
	return kept.String() + log[last:]
}

// printing are the commands of a script's log that printed a secret which was not their answer.
func printing(log string, secrets []string) (found []string) {
	command, stream := "", ""
	var text strings.Builder
	background := map[string]string{}
	look := func() {
		answer := stream == "stdout" && slices.ContainsFunc(handingOut, func(a *regexp.Regexp) bool { return a.MatchString(command) })
		if stream != "" && !answer && slices.ContainsFunc(secrets, func(secret string) bool { return tellsOf([]byte(text.String()), secret) }) {
			found = append(found, fmt.Sprintf("%s of %s", stream, command))
		}
		stream = ""
		text.Reset()
	}
	for line := range strings.Lines(log) {
		// What does not end with its line has the next mark behind it.
		before, mark := strings.TrimSuffix(line, "\n"), ""
		for _, m := range []string{"[stdout]", "[stderr]"} {
			if rest, ok := strings.CutSuffix(before, m); ok {
				before, mark = rest, strings.Trim(m, "[]")
			}
		}
		said, begins := strings.CutPrefix(line, "> ")
		ended, ends := strings.CutPrefix(line, "[background] ")
		switch {
		case mark != "":
			text.WriteString(before)
			look()
			stream = mark
		case begins:
			look()
			command = strings.TrimSpace(said)
			if name := ampersand.FindStringSubmatch(command); name != nil {
				background[name[1]] = command
			} else if name, waits := strings.CutPrefix(command, "wait"); waits {
				command = background[strings.TrimSpace(name)]
			}
		case ends:
			look()
			command = strings.TrimSpace(ended)
		case stream != "":
			text.WriteString(line)
		}
	}
	look()
	return found
}

// ampersand is what has a command run in the background, and maybe its name.
var ampersand = regexp.MustCompile(`&(\w*)&?$`)

// argumentsIn has programs note the command lines by which they were started, in a directory of their script, where they are looked
// through as all files are.
const argumentsIn = "TEST_NOTES_ARGUMENTS"

// noted is a program that notes its command line first.
func noted(program func()) func() {
	return func() {
		if dir := os.Getenv(argumentsIn); dir != "" {
			path := filepath.Join(dir, fmt.Sprint(os.Getpid()))
			if err := os.WriteFile(path, []byte(strings.Join(os.Args, "\n")), 0o600); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
		}
		program()
	}
}

// noSecrets fails if the last command printed a secret, or one stands in the record by now.
func noSecrets(ts *testscript.TestScript) {
	printed := ts.ReadFile("stdout") + ts.ReadFile("stderr")
	secrets := ts.Value(serversKey{}).(*servers).secrets()
	for _, secret := range secrets {
		if strings.Contains(printed, secret) {
			ts.Fatalf("a secret was printed: %.12s…", secret)
		}
	}
	for _, path := range filesWithSecrets(ts.Getenv("CONFIG"), secrets) {
		if inRecord(path) {
			ts.Fatalf("a secret stands in %s", path)
		}
	}
}

func filesWithSecrets(dir string, secrets []string) []string {
	var found []string
	_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return nil
		}
		if inRecord(path) && slices.ContainsFunc(secrets, func(secret string) bool { return tellsOf(data, secret) }) ||
			slices.ContainsFunc(secrets, func(secret string) bool { return len(secret) > 8 && bytes.Contains(data, []byte(secret)) }) {
			found = append(found, path)
		}
		return nil
	})
	return found
}

func TestCanariesAreFound(t *testing.T) {
	t.Parallel()
	const secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
	for log, want := range map[string]int{
		"SECRET=" + secret + "\n\n> exec dbxaccess status\n[stdout]\nfine\n":                             0,
		"> exec dbxaccess status\n[stdout]\n" + secret + "\n":                                            1,
		"> exec dbxaccess env ml\n[stdout]\n" + secret + "\n":                                            0,
		"> exec dbxaccess env ml\n[stdout]\n" + secret + "[stderr]\nfine\n":                              0,
		"> exec dbxaccess env ml\n[stdout]\nfine[stderr]\nfor " + secret + "\n":                          1,
		"> ! exec dbxaccess env ml\n[stderr]\nhalf " + secret[:30] + "\n> stderr half\n":                 1,
		"> exec dbxaccess status &one&\n> exec dbxaccess env ml\n> wait one\n[stdout]\n" + secret + "\n": 1,
		"> exec dbxaccess env ml &\n> wait\n[stdout]\n" + secret + "\n":                                  0,
		"[background] dbxaccess serve: exit status 1\n[stderr]\n" + secret + "\n":                        1,
	} {
		if got := printing(log, []string{secret}); len(got) != want {
			t.Errorf("%q: %q", log, got)
		}
	}
}
