package render

import (
	"encoding/json"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/desired"
	"github.com/dbxaccess/dbxaccess/internal/iam"
)

// Object is a State for programs; its JSON is a contract of the commands that print it. Policies are as IAM has them.
type Object struct {
	Providers  []ProviderObject `json:"providers"`
	Roles      []RoleObject     `json:"roles"`
	Sets       []SetObject      `json:"permission_sets"`
	Keys       []KeyObject      `json:"keys"`
	Buckets    []BucketObject   `json:"buckets"`
	Databricks DatabricksObject `json:"databricks"`
	Gaps       []GapObject      `json:"gaps"`
}

// ProviderObject is an OpenID Connect provider of IAM.
type ProviderObject struct {
	ARN        string         `json:"arn"`
	URL        string         `json:"url"`
	Audiences  []string       `json:"audiences"`
	Identities []string       `json:"identities"` // of the map
	Context    *ContextObject `json:"context_provider,omitempty"`
}

// ContextObject is the context provider of an identity provider.
type ContextObject struct {
	SubjectClaim string             `json:"subject_claim"`
	SubjectType  string             `json:"subject_type"` // user or workload
	Keys         []ContextKeyObject `json:"keys"`
	Needed       bool               `json:"needed"` // trust policies depend on it
}

// ContextKeyObject puts a claim into sessions under a name.
type ContextKeyObject struct {
	Claim string `json:"claim"`
	Name  string `json:"name"`
}

// RoleObject is an IAM role.
type RoleObject struct {
	ARN               string         `json:"arn"`
	Roles             []string       `json:"roles"` // of the map
	Trust             iam.Document   `json:"trust_policy"`
	Permissions       []iam.Document `json:"permission_policies"`
	Managed           []string       `json:"managed_policy_arns"`
	MaxSessionSeconds int            `json:"max_session_seconds,omitempty"`
	InstanceProfile   string         `json:"instance_profile_arn,omitempty"`
}

// SetObject is a permission set of IAM Identity Center. Its trust is Identity Center's.
type SetObject struct {
	AccountID   string         `json:"account_id"`
	Name        string         `json:"name"`
	Roles       []string       `json:"roles"` // of the map
	Permissions []iam.Document `json:"permission_policies"`
	Managed     []string       `json:"managed_policy_arns"`
}

// KeyObject is a KMS key with the statements that its policy needs.
type KeyObject struct {
	ARN        string          `json:"arn"`
	Statements []iam.Statement `json:"statements"`
}

// BucketObject is a bucket with the statements that its policy needs.
type BucketObject struct {
	Name       string          `json:"name"`
	Partition  string          `json:"partition"`
	Statements []iam.Statement `json:"statements"`
	Across     []iam.Statement `json:"statements_across_accounts"` // too, if it is in another account than the roles
}

// DatabricksObject are the pieces on Databricks' side.
type DatabricksObject struct {
	PassRoles          []PassRoleObject   `json:"pass_roles"`
	StorageCredentials []CredentialObject `json:"storage_credentials"`
	ServiceCredentials []CredentialObject `json:"service_credentials"`
	Federation         []FederationObject `json:"federation_policies"`
}

// PassRoleObject is what a workspace's cross-account role may pass.
type PassRoleObject struct {
	CrossAccountRole string        `json:"cross_account_role_arn"`
	Workspaces       []string      `json:"workspaces"`
	Policy           *iam.Document `json:"policy"`
}

// CredentialObject is a storage or service credential of Unity Catalog.
type CredentialObject struct {
	Name       string `json:"name"`
	RoleARN    string `json:"role_arn"`
	ExternalID string `json:"external_id,omitempty"`
}

// FederationObject is a federation policy, of a service principal where it names one.
type FederationObject struct {
	Identity         string   `json:"identity"`
	AccountID        string   `json:"account_id,omitempty"`
	ServicePrincipal string   `json:"service_principal,omitempty"`
	Issuer           string   `json:"issuer"`
	Audiences        []string `json:"audiences"`
	SubjectClaim     string   `json:"subject_claim"`
	Subject          string   `json:"subject,omitempty"`
}

// GapObject is what the map says and the other side can't hold.
type GapObject struct {
	ID   string `json:"id"`
	Role string `json:"role,omitempty"`
	What string `json:"what"`
	Fix  string `json:"fix,omitempty"`
}

// JSON makes the object. Its lists are never null.
func JSON(s *desired.State) *Object {
	o := &Object{
		Providers: []ProviderObject{}, Roles: []RoleObject{}, Sets: []SetObject{}, Keys: []KeyObject{}, Buckets: []BucketObject{}, Gaps: GapsJSON(s.Gaps),
		Databricks: DatabricksObject{PassRoles: []PassRoleObject{}, StorageCredentials: []CredentialObject{}, ServiceCredentials: []CredentialObject{}, Federation: []FederationObject{}},
	}
	for _, p := range s.Providers {
		o.Providers = append(o.Providers, providerObject(p))
	}
	for _, r := range s.Roles {
		one := RoleObject{
			ARN: r.ARN, Roles: some(r.For), Trust: r.Trust, Permissions: some(permissions(r.Permissions)), Managed: some(r.Managed), MaxSessionSeconds: int(r.MaxSession / time.Second),
		}
		if r.Instance != nil {
			one.InstanceProfile = r.Instance.ARN
		}
		o.Roles = append(o.Roles, one)
	}
	for _, set := range s.PermissionSets {
		o.Sets = append(o.Sets, SetObject{set.AccountID, set.Name, some(set.For), some(permissions(set.Permissions)), some(set.Managed)})
	}
	for _, k := range s.Keys {
		o.Keys = append(o.Keys, KeyObject{k.ARN, some(k.Statements)})
	}
	for _, b := range s.Buckets {
		o.Buckets = append(o.Buckets, BucketObject{b.Name, b.Partition, some(b.Statements), some(b.Across)})
	}
	for _, p := range passRolesOf(s) {
		o.Databricks.PassRoles = append(o.Databricks.PassRoles, PassRoleObject{p.role, some(p.workspaces), &p.document})
	}
	for _, c := range s.Databricks.StorageCredentials {
		o.Databricks.StorageCredentials = append(o.Databricks.StorageCredentials, CredentialObject{c.Name, c.RoleARN, c.ExternalID})
	}
	for _, c := range s.Databricks.ServiceCredentials {
		o.Databricks.ServiceCredentials = append(o.Databricks.ServiceCredentials, CredentialObject{c.Name, c.RoleARN, c.ExternalID})
	}
	for _, f := range s.Databricks.Federation {
		o.Databricks.Federation = append(o.Databricks.Federation, FederationObject{
			f.Identity, f.AccountID, f.ServicePrincipal, f.Issuer, some(f.Audiences), f.SubjectClaim, f.Subject,
		})
	}
	return o
}

func providerObject(p desired.Provider) ProviderObject {
	one := ProviderObject{ARN: p.ARN, URL: p.URL, Audiences: some(p.Audiences), Identities: some(p.Identities)}
	if p.Context != nil {
		one.Context = &ContextObject{SubjectClaim: p.Context.SubjectSourceKey, SubjectType: p.Context.SubjectType, Keys: []ContextKeyObject{}, Needed: p.Context.Needed}
		for _, k := range p.Context.Keys {
			one.Context.Keys = append(one.Context.Keys, ContextKeyObject{k.Claim, k.Name})
		}
	}
	return one
}

// GapsJSON are gaps for programs, never null.
func GapsJSON(gaps []desired.Gap) []GapObject {
	found := []GapObject{}
	for _, g := range gaps {
		found = append(found, GapObject(g))
	}
	return found
}

// ContextJSON is a context provider as AWS's API and command line take it:
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ContextProvider.html
func ContextJSON(c *desired.ContextProvider) string {
	type key struct{ SourceKey, TargetKey string }
	keys := []key{}
	for _, k := range c.Keys {
		keys = append(keys, key{k.Claim, k.Name})
	}
	text, _ := json.Marshal(struct { // never fails for texts
		SubjectSourceKey, SubjectTypeValue string
		KeyDefinitionList                  []key
	}{c.SubjectSourceKey, c.SubjectType, keys})
	return string(text)
}

// some is a list that is not null in JSON.
func some[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}
