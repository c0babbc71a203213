package idp

import (
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Sources of a workload's token: what token.from may say in the access map.
const (
	FromGitHub  = "github-actions" // the job's own endpoint
	FromFile    = "file"           // Path, read again on every use, as Kubernetes projects it
	FromEnv     = "env"            // the environment variable Name, as GitLab sets it
	FromCommand = "command"        // what Argv prints
	FromAWS     = "aws"            // sts:GetWebIdentityToken, asked with the credentials that AWS gives the machine
)

// TokenSources lists what token.from may say.
func TokenSources() []string { return []string{FromGitHub, FromFile, FromEnv, FromCommand, FromAWS} }

// TokenSource is where a workload's token comes from, without anybody signing in.
type TokenSource struct {
	From     string   `json:"from"`
	Audience string   `json:"audience"` // whom the token is for; it is asked for where the source can be asked, and always verified
	Path     string   `json:"path,omitempty"`
	Name     string   `json:"name,omitempty"`
	Argv     []string `json:"argv,omitempty"`
	Region   string   `json:"region,omitempty"` // of AWS's STS, for FromAWS
}

// String names the source in messages.
func (t *TokenSource) String() string {
	switch t.From {
	case FromGitHub:
		return "GitHub Actions"
	case FromFile:
		return "the file " + ui.Clean(t.Path)
	case FromEnv:
		return "the environment variable " + ui.Clean(t.Name)
	case FromCommand:
		return "the command " + ui.Clean(strings.Join(t.Argv[:min(1, len(t.Argv))], ""))
	case FromAWS:
		return "AWS (sts:GetWebIdentityToken)"
	}
	return ui.Clean(t.From)
}

// Asked reports whether something has to be run or asked before it is known whose token there is, or whether there is one:
// a command, AWS. Those of the other sources are at hand, or not.
func (t *TokenSource) Asked() bool { return t.Is(FromCommand) || t.Is(FromAWS) }

// Is reports whether it is a source of that kind; people have none, which is nil.
func (t *TokenSource) Is(from string) bool { return t != nil && t.From == from }
