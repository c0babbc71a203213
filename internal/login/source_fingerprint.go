package login

import (
	"encoding/hex"
	"maps"
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/secret"
)

// Fingerprint tells the job that this process runs in from others that share its keyring, without any request and without
// proving anything: a credential that was cached with one fingerprint is for processes that have the same. It is of what a
// job can't have without being that job: the bearer token of a GitHub Actions job; the value of a variable; the claims of a
// file's token, which is replaced while the job runs, but for those that tell one token of it from the next; where AWS's
// credentials come from. "" where the source has no token here, and for every command: what is run does not tell one of its
// tokens from the next, which may be another job's, so it has to be run before anything cached is served.
func (s *Sessions) Fingerprint(source idp.TokenSource) string {
	parts := s.Sources.marks(source)
	if parts == nil {
		return ""
	}
	return digest(slices.Concat([]string{source.From, source.Audience}, parts)...)
}

func (s *Sources) marks(source idp.TokenSource) []string {
	switch source.From {
	case idp.FromGitHub:
		if bearer := s.getenv(githubBearer); bearer != "" && s.getenv(githubURL) != "" {
			return []string{bearer}
		}
	case idp.FromEnv:
		if value := s.getenv(source.Name); value != "" {
			return []string{source.Name, value}
		}
	case idp.FromFile:
		if token, err := secret.ReadFile(source.Path); err == nil {
			if claims, ok := unverified(token); ok {
				return lasting(claims)
			}
		}
	case idp.FromAWS:
		marks := []string{source.Region}
		for _, name := range ambientMarks {
			marks = append(marks, s.getenv(name))
		}
		return marks
	}
	return nil
}

// ambientMarks are the variables that say where AWS's credentials come from, or which they are. Nothing in the environment
// means the instance's own, of which a machine has one.
var ambientMarks = []string{
	"AWS_ACCESS_KEY_ID", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE",
	"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
}

// lasting are the claims of a token but for those that every new one has anew (RFC 7519 §4.1, OpenID Connect Core 1.0
// §3.1.3.6, and Entra ID's own). Rules of the access map may look at any of the others.
func lasting(claims httpclient.Object) []string {
	var marks []string
	for _, name := range slices.Sorted(maps.Keys(claims)) {
		if !slices.Contains([]string{"exp", "iat", "nbf", "jti", "at_hash", "c_hash", "uti", "aio", "rh"}, name) {
			marks = append(marks, name, string(claims[name]))
		}
	}
	return marks
}

func digest(parts ...string) string {
	sum := secret.Digest(parts...)
	return hex.EncodeToString(sum[:])
}
