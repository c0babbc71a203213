// Package drift holds what stands in IAM against what has to stand there for an access map to hold.
//
// In come a desired.State and an Actual, which internal/drift/live reads; out come findings: who can do more or less than the
// map says, by what, and the command that fixes it. Policies are compared by what they mean, not by how they are written.
// Like the answers of the map it is a pure function: it asks nobody, reads no file and no clock.
//
// It must never take what was not read for what is not there, nor be silent about it: that is a finding of its own.
package drift

import "time"

// Actual is what IAM has of the providers and roles that a desired.State names. Documents are as people wrote them: without
// the percent-encoding that IAM answers in.
type Actual struct {
	Accounts         []string // numbers of those that were read, sorted
	Providers        []Provider
	Roles            []Role
	InstanceProfiles []InstanceProfile // those that the state names, and those that its roles are in
	Unread           []Unread
}

// Provider is an OpenID Connect identity provider.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetOpenIDConnectProvider.html
type Provider struct {
	ARN       string
	Missing   bool   // IAM said that there is none
	URL       string // the issuer as IAM answers it: without https://
	Audiences []string
	Context   *ContextProvider // nil for none, and where an Unread says that it was not read
}

// ContextProvider is what STS puts into sessions of who signed in. Of SubjectType and SubjectTypeSourceKey it has one.
type ContextProvider struct {
	SubjectSourceKey     string
	SubjectType          string            // user or workload
	SubjectTypeSourceKey string            // the claim that says which
	Keys                 map[string]string // claim by the key's name
}

// Role is a role with everything that says who may assume it and what it may do.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html
type Role struct {
	ARN        string
	Missing    bool // IAM said that there is none
	Trust      string
	Inline     []Policy
	Attached   []Policy
	Boundary   *Policy // nil for none
	MaxSession time.Duration
	Tags       map[string]string
}

// Policy is one of a role's, with its document.
type Policy struct {
	Name     string // of an inline policy
	ARN      string // of a managed one
	Document string
}

// InstanceProfile is what EC2 takes a role by.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetInstanceProfile.html
type InstanceProfile struct {
	ARN     string
	Missing bool // IAM said that there is none
	Role    string
}

// Unread is something that could not be read, and so can't be compared.
type Unread struct {
	ARN  string // of the role, provider or instance profile; of an account its number
	Part Part
	Name string // of the policy, where it is about one: its name or ARN
	Why  string // as in AccessDenied: not allowed to call iam:GetRolePolicy
}

// Part is what of it was not read.
type Part string

// Parts.
const (
	PartAccount         Part = "account" // nothing in it was read
	PartProvider        Part = "provider"
	PartContext         Part = "context provider"
	PartRole            Part = "role"            // nothing of it was read
	PartInline          Part = "inline policy"   // Name "" is the list of them
	PartAttached        Part = "attached policy" // Name "" is the list of them
	PartBoundary        Part = "permissions boundary"
	PartInstanceProfile Part = "instance profile"
	PartGrants          Part = "S3 Access Grants" // of an account; Name is the region
)
