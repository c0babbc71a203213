package workload

import (
	"encoding/hex"
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/login/idtoken"
	"github.com/dbxaccess/dbxaccess/internal/secret"
)

// Fingerprint implements login.Source. A credential that was cached with one fingerprint is for processes that have the same. It
// is of what a job can't have without being that job: the bearer token of a GitHub Actions job; the value of a variable; the
// claims of a file's token, which is replaced while the job runs, but for those that tell one token of it from the next; where
// AWS's credentials come from. For a command only the token tells: what is run is the same in every job, so it has to be run
// before anything cached is served. A session's own token counts where the source may have another job's by now.
func (s *Source) Fingerprint(p login.Provider, session *login.Session) string {
	var marks []string
	switch source := p.Token; source.From {
	case idp.FromGitHub:
		if bearer := s.Getenv(githubBearer); bearer != "" && s.Getenv(githubURL) != "" {
			marks = []string{bearer}
		}
	case idp.FromEnv:
		if value := s.Getenv(source.Name); value != "" {
			marks = []string{source.Name, value}
		}
	case idp.FromFile:
		if session != nil {
			marks = lasting(session.IDToken)
		} else if token, err := secret.ReadFile(source.Path); err == nil {
			marks = lasting(token)
		}
	case idp.FromCommand:
		if session != nil {
			marks = lasting(session.IDToken)
		}
	case idp.FromAWS:
		marks = []string{source.Region}
		for _, name := range ambientMarks {
			marks = append(marks, s.Getenv(name))
		}
	}
	if marks == nil {
		return ""
	}
	return digest(slices.Concat([]string{p.Token.From, p.Token.Audience}, marks)...)
}

// lasting are the claims of a token that the next one of the same job has too; nil for what is no token.
func lasting(token secret.String) []string {
	claims, ok := idtoken.Parse(token)
	if !ok {
		return nil
	}
	return claims.Lasting()
}

// ambientMarks are the variables that say where AWS's credentials come from, or which they are. Nothing in the environment
// means the instance's own, of which a machine has one.
var ambientMarks = []string{
	"AWS_ACCESS_KEY_ID", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE",
	"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
}

func digest(parts ...string) string {
	sum := secret.Digest(parts...)
	return hex.EncodeToString(sum[:])
}
