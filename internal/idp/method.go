package idp

// Method is how someone proves who they are: an identity's, or Workspace, which is no identity's.
type Method int

// The methods.
const (
	OpenIDConnect  Method = iota // people sign in at an OpenID Connect provider, which gives ID tokens
	IdentityCenter               // people sign in at AWS IAM Identity Center, which gives access tokens
	Workload                     // a workload has an ID token where it runs, and nobody signs in
	Workspace                    // people who are signed in do so once more, at a Databricks workspace that takes no ID token
)

// SignsIn reports whether people sign in.
func (m Method) SignsIn() bool { return m != Workload }

// GivesIDTokens reports whether there is an ID token, which workspaces take.
func (m Method) GivesIDTokens() bool { return m == OpenIDConnect || m == Workload }
