package sandbox

import (
	"slices"
	"time"
)

// Account is the AWS account that the sandbox's roles live in.
const Account = "111122223333"

// Trust is what an IAM role's trust policy says: who may assume it, and for how long.
type Trust struct {
	RoleARN     string
	Audiences   []string      // the aud condition; nil: the sandbox's client
	Subjects    []string      // the sub condition; nil: none, everyone of the provider
	MaxDuration time.Duration // the role's MaxSessionDuration; 0: AWS's default of 1 h
}

// DefaultTrust lets alice assume ml-trainer and everybody ml-reader, which allows 12 h. IAM knows nothing of groups:
// that carol is in none shows in the access map only.
func DefaultTrust() []Trust {
	return []Trust{
		{RoleARN: "arn:aws:iam::" + Account + ":role/ml-reader", MaxDuration: 12 * time.Hour},
		{RoleARN: "arn:aws:iam::" + Account + ":role/ml-trainer", Subjects: []string{"00u1alice7Kq"}},
	}
}

// trustOf returns the role's trust if it lets the token in.
func (s *Server) trustOf(roleARN string, claims webIdentity) (Trust, bool) {
	i := slices.IndexFunc(s.trust, func(t Trust) bool { return t.RoleARN == roleARN })
	if i < 0 {
		return Trust{}, false
	}
	t := s.trust[i]
	audiences := t.Audiences
	if audiences == nil {
		audiences = []string{s.clientID}
	}
	if !slices.ContainsFunc(claims.Audience, func(a string) bool { return slices.Contains(audiences, a) }) {
		return Trust{}, false
	}
	if t.Subjects != nil && !slices.Contains(t.Subjects, claims.Subject) {
		return Trust{}, false
	}
	if t.MaxDuration == 0 {
		t.MaxDuration = defaultDuration
	}
	return t, true
}
