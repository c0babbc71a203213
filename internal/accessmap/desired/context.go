package desired

import (
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/iam"
)

// RoleForContext is a role of the map whose trust policy names one provider and no other that has a context provider, so that what
// map trust --context prints of it is that provider's alone. False where there is none.
func (s *State) RoleForContext(provider string) (role string, ok bool) {
	for _, r := range s.Roles {
		var named []string
		for _, p := range s.Providers {
			if p.Context != nil && slices.ContainsFunc(r.Trust.Statement, func(s iam.Statement) bool { return slices.Contains(s.Principal["Federated"], p.ARN) }) {
				named = append(named, p.ARN)
			}
		}
		if len(r.For) > 0 && slices.Equal(named, []string{provider}) {
			return r.For[0], true
		}
	}
	return "", false
}

// ContextCommand sets the context provider that map trust --context prints for a role, which is a word of the shell, as options are
// words of it: https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateOpenIDConnectProvider.html
func ContextCommand(role, options string) string {
	return `aws iam update-open-id-connect-provider --cli-input-json "$(dbxaccess map trust ` + role + ` --context` + options + `)"`
}
