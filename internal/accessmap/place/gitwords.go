package place

import (
	"context"
	"errors"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/command"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// gitTrouble is a kind of what goes wrong.
type gitTrouble int

const (
	gitOther gitTrouble = iota
	gitHostKey
	gitRefused
	gitMoved
	gitNoRef
	gitNoRepository
	gitUnreachable
	gitTransport
	gitLarge
)

// gitSays is what git and ssh say, in the order in which it decides: they have no codes. LC_ALL=C keeps them to it.
var gitSays = []struct {
	text string
	kind gitTrouble
}{
	{"ut of memory", gitLarge}, // of git, and of what it has its helpers keep
	{"Host key verification failed", gitHostKey},
	{"Permission denied (", gitRefused},
	{"could not read Username", gitRefused},
	{"could not read Password", gitRefused},
	{"Authentication failed", gitRefused},
	{"returned error: 401", gitRefused},
	{"returned error: 403", gitRefused},
	{"returned error: 30", gitMoved},
	{"couldn't find remote ref", gitNoRef},
	{"not our ref", gitNoRef},
	{"epository not found", gitNoRepository},
	{"' not found", gitNoRepository},
	{"does not appear to be a git repository", gitNoRepository},
	{"returned error: 404", gitNoRepository},
	{"Could not resolve host", gitUnreachable},
	{"Connection refused", gitUnreachable},
	{"Failed to connect", gitUnreachable},
	{"Connection timed out", gitUnreachable},
	{"not allowed", gitTransport}, // transport 'file' not allowed
}

// explain says what git's failure means, and what a person runs where git can ask them.
func (c *clone) explain(err error, stderr []byte) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	doing := "reading the access map from " + c.Shown()
	if errors.Is(err, command.ErrTooLong) || errors.Is(err, context.DeadlineExceeded) {
		return ui.Errorf("map-git-slow", ui.Failed, "%s: git was stopped as it took too long", doing).With(byHand, c.list())
	}
	kind, line := gitTroubleOf(stderr)
	switch kind {
	case gitLarge:
		return ui.Errorf("map-git-large", ui.Failed, "%s: the answer is larger than git may keep (%d MB)", doing, maxMemory>>20).With(smaller)
	case gitHostKey:
		return ui.Errorf("map-git-host-key", ui.Failed, "%s: ssh does not know the host's key, or it has changed (%s)", doing, line).With(byHand, c.list())
	case gitRefused:
		return ui.Errorf("map-git-refused", ui.Failed, "%s: you are not signed in there, or may not read it (%s)", doing, line).With(byHand, c.list())
	case gitMoved:
		return ui.Errorf("map-git-moved", ui.Failed, "%s: the repository has moved, and redirects are not followed (%s)", doing, line).
			With(ui.Advice("use its present address"))
	case gitNoRef:
		return ui.Errorf("map-git-ref", ui.Failed, "%s: there is no such branch, tag or commit (%s)", doing, line).
			With(ui.Advice("correct ref; this lists them:"), c.list())
	case gitNoRepository:
		return ui.Errorf("map-git-repository", ui.Failed, "%s: there is no such repository, or you may not see it (%s)", doing, line).
			With(ui.Advice("check the address; this has to list branches:"), c.list())
	case gitUnreachable:
		return ui.Errorf("map-git-unreachable", ui.Failed, "%s: its host does not answer (%s)", doing, line).
			With(ui.Advice("check the address, the network and the proxy; this has to list branches:"), c.list())
	case gitTransport:
		return ui.Errorf("map-git-transport", ui.Failed, "%s: git's settings lead to another transport than ssh and https (%s)", doing, line).
			With(ui.Command("git config --show-origin --get-regexp insteadof"))
	}
	return ui.Errorf("map-git-failed", ui.Failed, "%s: git failed (%w): %s", doing, err, line).With(byHand, c.list())
}

// byHand stands before the same question to git, asked where it can ask back.
var byHand = ui.Advice("run this, where git can ask you to sign in; when it lists branches, dbxaccess init works too:")

func (c *clone) list() ui.Fix { return ui.Command("git ls-remote " + join([]string{c.remote})) }

// gitTroubleOf finds what went wrong in git's words, and the line that says it, as a person may see it.
func gitTroubleOf(stderr []byte) (kind gitTrouble, line string) {
	for _, says := range gitSays {
		for line := range strings.Lines(string(stderr)) {
			if strings.Contains(line, says.text) {
				return says.kind, ui.LastWords([]byte(line))
			}
		}
	}
	return gitOther, ui.LastWords(stderr)
}
