package source

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/idp"
)

// Trust is what a person approves before a map is used: where it lets their tokens and their browser go. It is kept
// with the copy of the map; a change of it must be approved again, other changes of the map need not. All lists are
// sorted.
type Trust struct {
	Identities []TrustedIdentity `json:"identities"`
	Workspaces []string          `json:"workspaces"` // hosts, as in https://name.example
	// Accounts are AWS account ids; of another partition than aws with it, as in aws-cn:111122223333; the partition
	// alone where an S3-compatible server has no accounts.
	Accounts []string `json:"accounts"`
}

// TrustedIdentity is the part of an Identity that decides where people sign in, who gets their tokens, and what runs to
// get a workload's. What it does not have is left out of its JSON, so that one kept by an older build says the same.
type TrustedIdentity struct {
	Issuer            string   `json:"issuer,omitempty"`
	ClientID          string   `json:"client_id,omitempty"`
	DeviceEndpoint    string   `json:"device_authorization_endpoint,omitempty"`
	VerificationHosts []string `json:"verification_hosts,omitempty"`
	// Kind is left out where the issuer decides: another one lets further pages ask people for their code.
	Kind       string            `json:"kind,omitempty"`
	Audience   string            `json:"audience,omitempty"`
	Parameters map[string]string `json:"parameters,omitempty"`
	StartURL   string            `json:"start_url,omitempty"`
	SSORegion  string            `json:"sso_region,omitempty"`
	Token      *idp.TokenSource  `json:"token,omitempty"`
}

// TrustOf returns what using a map would trust.
func TrustOf(m *accessmap.Map) Trust {
	t := Trust{Identities: []TrustedIdentity{}, Workspaces: []string{}, Accounts: []string{}}
	for _, i := range m.Identities {
		t.Identities = append(t.Identities, trusted(i))
	}
	slices.SortFunc(t.Identities, TrustedIdentity.compare)
	t.Identities = slices.CompactFunc(t.Identities, func(a, b TrustedIdentity) bool { return a.compare(b) == 0 })
	for _, w := range m.Workspaces {
		t.Workspaces = append(t.Workspaces, w.Host)
	}
	for _, r := range m.Roles {
		if r.AWS != nil {
			t.Accounts = append(t.Accounts, accounts(r.AWS)...)
		}
	}
	slices.Sort(t.Workspaces)
	slices.Sort(t.Accounts)
	t.Workspaces, t.Accounts = slices.Compact(t.Workspaces), slices.Compact(t.Accounts)
	return t
}

func trusted(i *accessmap.Identity) TrustedIdentity {
	t := TrustedIdentity{
		Issuer: i.Issuer, ClientID: i.ClientID, DeviceEndpoint: i.DeviceEndpoint,
		VerificationHosts: slices.Sorted(slices.Values(i.VerificationHosts)),
		Audience:          i.Audience, Parameters: i.Parameters, StartURL: i.StartURL, SSORegion: i.SSORegion, Token: i.Token,
	}
	if i.Kind != idp.Auto {
		t.Kind = i.Kind
	}
	return t
}

// accounts are those that the role and the permission set are in.
func accounts(a *accessmap.AWS) []string {
	var list []string
	if a.RoleARN != "" {
		role, _ := arn.Parse(a.RoleARN)
		list = append(list, account(role.Partition, role.AccountID))
	}
	if a.AccountID != "" {
		list = append(list, account(iam.PartitionOf(a.Region).Name, a.AccountID))
	}
	return list
}

func account(partition, id string) string {
	switch {
	case id == "":
		return partition
	case partition == "aws":
		return id
	default:
		return partition + ":" + id
	}
}

// Equal reports whether nothing has to be approved again.
func (t Trust) Equal(other Trust) bool {
	same := func(a, b TrustedIdentity) bool { return a.compare(b) == 0 }
	return slices.EqualFunc(t.Identities, other.Identities, same) &&
		slices.Equal(t.Workspaces, other.Workspaces) && slices.Equal(t.Accounts, other.Accounts)
}

// Changes says what t trusts that old did not, and what it no longer trusts, one line each; nil for nothing.
func (t Trust) Changes(old Trust) []string {
	var lines []string
	lines = append(lines, changes("sign-in at", old.identityLines(false), t.identityLines(false))...)
	lines = append(lines, changes("tokens of", old.identityLines(true), t.identityLines(true))...)
	lines = append(lines, changes("workspace", old.Workspaces, t.Workspaces)...)
	return append(lines, changes("AWS account", old.Accounts, t.Accounts)...)
}

// identityLines are those of workloads, or of people.
func (t Trust) identityLines(workloads bool) []string {
	var lines []string
	for _, i := range t.Identities {
		if workloads == (i.Token != nil) {
			lines = append(lines, i.String())
		}
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
