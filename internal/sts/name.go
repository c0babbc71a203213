package sts

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/credential"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// SessionName makes the role session name under which CloudTrail shows a person: the e-mail address, else the user
// name, else the subject. Characters that AWS does not take are replaced, and commas, which begin the name of a run; where
// that or cutting to 64 characters lost anything, a short digest of the original is added, so that two people never share a
// name, and the same person always gets the same one.
func SessionName(email, username, subject string) string {
	original := cmp.Or(email, username, subject)
	legal := strings.Map(func(r rune) rune {
		if iam.NotInName(r) || r == credential.BeforeRun {
			return '-'
		}
		return r
	}, original)
	if legal == original && legalName(legal) {
		return legal
	}
	return cutName(legal, original, iam.MaxName)
}

// RunSessionName is the role session name of one run of a person's, as in alice@example.com,churn-7: still different for
// each person. person is a SessionName, run a name that CheckRun takes, or "" for none.
func RunSessionName(person, run string) string {
	if run == "" {
		return person
	}
	if room := iam.MaxName - 1 - len(run); len(person) > room {
		person = cutName(person, person, room)
	}
	return person + string(credential.BeforeRun) + run
}

// AgentSessionName is RunSessionName for a coding agent that works for the person, behind another comma: as in
// alice@example.com,,claude-code, or alice@example.com,churn-7,claude-code. agent is a name that agents can have.
func AgentSessionName(person, run, agent string) string {
	if len(agent) > maxAgent {
		agent = cutName(agent, agent, maxAgent)
	}
	behind := string(credential.BeforeRun) + run + string(credential.BeforeRun) + agent
	if room := iam.MaxName - len(behind); len(person) > room {
		person = cutName(person, person, room)
	}
	return person + behind
}

// maxAgent bounds the name of an agent in a session's: beside the longest run ten characters are left for the person.
const maxAgent = 20

// cutName cuts a legal name to a length, its end a digest of the original.
func cutName(legal, original string, length int) string {
	sum := sha256.Sum256([]byte(original))
	digest := "-" + hex.EncodeToString(sum[:4])
	return legal[:min(len(legal), length-len(digest))] + digest
}

// CheckRun refuses what can't be the name of a run: see credential.IsRun.
func CheckRun(run string) error {
	if credential.IsRun(run) {
		return nil
	}
	return ui.Errorf("run-name-invalid", ui.Usage, "%q can't be the name of a run: 1 to %d letters, digits and _+=.@-",
		ui.Cut(run, 2*credential.MaxRun), credential.MaxRun).With(ui.Advice("as in: --run churn-7"))
}
