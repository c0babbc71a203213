package accessmap

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Trust is what a person approves before a map is used: whom it lets their tokens and their browser go to. It is kept
// with the copy of the map; a change of it asks again, other changes of the map don't. All lists are sorted.
type Trust struct {
	Identities []TrustedIdentity `json:"identities"`
	Workspaces []string          `json:"workspaces"` // hosts, as in https://name.example
	// Accounts are AWS account ids; of another partition than aws with it, as in aws-cn:111122223333; the partition
	// alone where an S3-compatible server has no accounts.
	Accounts []string `json:"accounts"`
}

// TrustedIdentity is the part of an Identity that decides where somebody signs in.
type TrustedIdentity struct {
	Issuer            string   `json:"issuer"`
	ClientID          string   `json:"client_id"`
	DeviceEndpoint    string   `json:"device_authorization_endpoint,omitempty"`
	VerificationHosts []string `json:"verification_hosts,omitempty"`
}

// Trust returns what using the map would trust.
func (m *Map) Trust() Trust {
	t := Trust{Identities: []TrustedIdentity{}, Workspaces: []string{}, Accounts: []string{}}
	for _, i := range m.Identities {
		t.Identities = append(t.Identities, TrustedIdentity{
			Issuer: i.Issuer, ClientID: i.ClientID, DeviceEndpoint: i.DeviceEndpoint,
			VerificationHosts: slices.Sorted(slices.Values(i.VerificationHosts)),
		})
	}
	slices.SortFunc(t.Identities, TrustedIdentity.compare)
	t.Identities = slices.CompactFunc(t.Identities, func(a, b TrustedIdentity) bool { return a.compare(b) == 0 })
	for _, w := range m.Workspaces {
		t.Workspaces = append(t.Workspaces, w.Host)
	}
	for _, r := range m.Roles {
		if r.AWS != nil {
			t.Accounts = append(t.Accounts, accountOf(r.AWS.RoleARN))
		}
	}
	t.Workspaces, t.Accounts = set(t.Workspaces), set(t.Accounts)
	return t
}

func accountOf(roleARN string) string {
	switch partition, account := splitRoleARN(roleARN); {
	case account == "":
		return partition
	case partition == "aws":
		return account
	default:
		return partition + ":" + account
	}
}

func (i TrustedIdentity) compare(j TrustedIdentity) int {
	return cmp.Or(cmp.Compare(i.Issuer, j.Issuer), cmp.Compare(i.ClientID, j.ClientID),
		cmp.Compare(i.DeviceEndpoint, j.DeviceEndpoint), slices.Compare(i.VerificationHosts, j.VerificationHosts))
}

// String is the identity in one line, for a person to approve.
func (i TrustedIdentity) String() string {
	s := fmt.Sprintf("%s (client %s", i.Issuer, i.ClientID)
	if i.DeviceEndpoint != "" {
		s += ", device codes from " + i.DeviceEndpoint
	}
	if len(i.VerificationHosts) > 0 {
		s += ", approved at " + strings.Join(i.VerificationHosts, ", ")
	}
	return s + ")"
}

// Equal reports whether nothing has to be approved anew.
func (t Trust) Equal(other Trust) bool {
	same := func(a, b TrustedIdentity) bool { return a.compare(b) == 0 }
	return slices.EqualFunc(t.Identities, other.Identities, same) &&
		slices.Equal(t.Workspaces, other.Workspaces) && slices.Equal(t.Accounts, other.Accounts)
}

// Changes says what t trusts that old did not, and what it no longer trusts, one line each; nil for nothing.
func (t Trust) Changes(old Trust) []string {
	var lines []string
	lines = append(lines, changes("sign-in at", identityLines(old), identityLines(t))...)
	lines = append(lines, changes("workspace", old.Workspaces, t.Workspaces)...)
	return append(lines, changes("AWS account", old.Accounts, t.Accounts)...)
}

func identityLines(t Trust) []string {
	lines := make([]string, 0, len(t.Identities))
	for _, i := range t.Identities {
		lines = append(lines, i.String())
	}
	return lines
}

func changes(what string, before, after []string) []string {
	var lines []string
	for _, line := range without(after, before) {
		lines = append(lines, "adds "+what+" "+line)
	}
	for _, line := range without(before, after) {
		lines = append(lines, "drops "+what+" "+line)
	}
	return lines
}

// without returns what of a list is not in the other.
func without(list, other []string) []string {
	there := make(map[string]bool, len(other))
	for _, s := range other {
		there[s] = true
	}
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return there[s] })
}
