package iam

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Holdings are what IAM holds, of one account or several. As JSON they have the names of `aws iam
// get-account-authorization-details`, with what that leaves out: a role's MaxSessionDuration, and identity providers.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
type Holdings struct {
	Roles     []Role     `json:"RoleDetailList"`
	Policies  []Policy   `json:"Policies"`
	Providers []Provider `json:"OpenIDConnectProviderList"`
	// ServiceControlPolicies are those of every account: each has to allow.
	ServiceControlPolicies []Document `json:"ServiceControlPolicies"`
	// Denied are actions that nobody may, as in GetPolicyVersion, or on one resource, as in "GetRole role ml-reader".
	Denied []string `json:"Denied"`
	// PageSize is how many entries a page has at most; 0: 100.
	PageSize int `json:"PageSize"`
}

// Role is an IAM role.
type Role struct {
	RoleName                 string
	Arn                      string
	MaxSessionDuration       int // seconds; 0: an hour
	AssumeRolePolicyDocument Document
	RolePolicyList           []Inline
	AttachedManagedPolicies  []struct{ PolicyName, PolicyArn string }
	PermissionsBoundary      *struct{ PermissionsBoundaryType, PermissionsBoundaryArn string }
	InstanceProfileList      []struct{ InstanceProfileName, Arn string }
	Tags                     []struct{ Key, Value string }
}

// Inline is a policy that a role has of its own.
type Inline struct {
	PolicyName     string
	PolicyDocument Document
}

// Policy is a managed policy. One of AWS's own belongs to every account.
type Policy struct {
	PolicyName        string
	Arn               string
	DefaultVersionID  string `json:"DefaultVersionId"`
	PolicyVersionList []struct {
		VersionID string `json:"VersionId"`
		Document  Document
	}
}

// Provider is an OpenID Connect identity provider.
type Provider struct {
	Arn             string
	URL             string `json:"Url"` // without https://
	ClientIDList    []string
	ThumbprintList  []string
	ContextProvider *ContextProvider
}

// ContextProvider says which claims become keys of the session.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ContextProvider.html
type ContextProvider struct {
	SubjectSourceKey     string
	SubjectTypeSourceKey string
	SubjectTypeValue     string
	KeyDefinitionList    []struct{ SourceKey, TargetKey string }
}

// Document is a policy, in JSON. It is written as a text or as the JSON itself, whose bytes are kept.
type Document string

// UnmarshalJSON implements json.Unmarshaler.
func (d *Document) UnmarshalJSON(data []byte) error {
	if bytes.HasPrefix(data, []byte(`"`)) {
		return json.Unmarshal(data, (*string)(d))
	}
	*d = Document(data)
	return nil
}

// ReadHoldings reads them as JSON. Members that there are not are refused.
func ReadHoldings(data []byte) (held Holdings, err error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&held); err != nil {
		return Holdings{}, fmt.Errorf("reading what IAM holds: %w", err)
	}
	return held, nil
}

// accountOf is the account in an ARN.
func accountOf(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return ""
	}
	return parts[4]
}

// role is one of the caller's account, by its name.
func (r request) role() (*Role, *fault) {
	name := r.text("RoleName")
	i := slices.IndexFunc(r.held.Roles, func(role Role) bool { return role.RoleName == name && accountOf(role.Arn) == r.caller.Account })
	if i < 0 {
		return nil, &fault{"NoSuchEntity", "The role with name " + name + " cannot be found."}
	}
	return &r.held.Roles[i], nil
}

// policy is one of the caller's account or of AWS's own, by its ARN.
func (r request) policy(arn string) (*Policy, *fault) {
	i := slices.IndexFunc(r.held.Policies, func(p Policy) bool { return p.Arn == arn })
	if account := accountOf(arn); i < 0 || account != r.caller.Account && account != "aws" {
		return nil, &fault{"NoSuchEntity", "Policy " + arn + " was not found."}
	}
	return &r.held.Policies[i], nil
}

// document is a policy's default version.
func (p *Policy) document() Document {
	for _, version := range p.PolicyVersionList {
		if version.VersionID == p.DefaultVersionID {
			return version.Document
		}
	}
	return ""
}
