// Package sandbox is the double of the servers that dbxaccess talks to: an OpenID Connect provider, AWS STS with the
// console's sign-in, AWS IAM as far as it is read, what stands around data at AWS, AWS IAM Identity Center, the issuers of machines' tokens, and a Databricks workspace, in one process,
// on loopback. Tests and the demo use it.
//
// In come the requests of a client under test, a person's clicks on the approval page (or Approve, which stands for
// them), and instructions: Set changes how the servers behave, Inject makes single answers fail. Out go answers as the
// real servers give them, and a record: how often each endpoint was asked, every STS call and token exchange, and each
// request that a real server would not have expected, on which a test fails.
//
// It checks what the real ones check (signatures, PKCE, redirects, trust), so that a client which passes here is not
// merely one that was humoured. It must never listen anywhere but on 127.0.0.1, and must never be linked into the
// product: its users have no passwords.
package sandbox

import (
	"context"
	"slices"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/athena"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/aws"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/center"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/data"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/iam"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/idp"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/issuer"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/kind"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/signin"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/workspace"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/workspace/compute"
)

type (
	// Behaviour is how the servers behave.
	Behaviour = harness.Behaviour
	// Endpoint names what can be asked of them.
	Endpoint = harness.Endpoint
	// Fault makes single answers go wrong.
	Fault = harness.Fault
	// Kind is a make of identity provider.
	Kind = kind.Kind
	// Trust is a statement of a role's trust policy.
	Trust = aws.Trust
	// STSCall is a request to STS.
	STSCall = aws.Call
	// FederationPolicy says whose tokens the Databricks account takes.
	FederationPolicy = workspace.Policy
	// Holdings are what IAM holds: see ReadHoldings.
	Holdings = iam.Holdings
	// WorkspaceHoldings are what the Databricks workspace holds: see ReadWorkspaceHoldings.
	WorkspaceHoldings = compute.Holdings
	// Estate is what stands around data: see ReadEstate.
	Estate = data.Estate
)

// Endpoints that tests count and let fail, and events.
const (
	Discovery         = harness.Discovery
	Device            = harness.Device
	Token             = harness.Token
	TokenDeviceCode   = harness.TokenDeviceCode
	TokenRefreshToken = harness.TokenRefreshToken
	Revoke            = harness.Revoke
	STS               = harness.STS
	STSAssumeRole     = harness.STSAssumeRole
	Exchange          = harness.Exchange
	Me                = harness.Me
	UnityVend         = harness.UnityVend
	DataAccess        = harness.DataAccess
	AccessGrants      = harness.AccessGrants
	IAM               = harness.IAM
	IAMSimulate       = harness.IAMSimulate
	ComputeJobs       = harness.ComputeJobs
	ComputeNotebooks  = harness.ComputeNotebooks
	S3                = harness.S3
	S3Control         = harness.S3Control
	KMS               = harness.KMS
	CloudTrail        = harness.CloudTrail
	LakeFormation     = harness.LakeFormation
	GitHubToken       = harness.GitHubToken
	SSOToken          = harness.SSOToken
	SSOCredentials    = harness.SSOCredentials

	ExchangeCode         = harness.ExchangeCode
	ExchangeRefreshToken = harness.ExchangeRefreshToken
	WorkspaceRevoke      = harness.WorkspaceRevoke

	Reuses    = harness.Reuses
	SSOReuses = harness.SSOReuses

	WorkspaceReuses = harness.WorkspaceReuses

	Always = harness.Always
)

// Names of the sandbox's world.
const (
	Account           = harness.Account
	DatabricksAccount = workspace.Account
	ServicePrincipal  = workspace.ServicePrincipal
	MachineAudience   = issuer.MachineAudience
)

// Options of a sandbox. The zero value is a good one.
type Options struct {
	Now      func() time.Time   // nil: time.Now
	Port     int                // of 127.0.0.1; 0: any free one. A known port lets a stopped sandbox come back.
	Keys     *issuer.Keys       // the provider's signing keys; nil: new ones. Tests share them to save time.
	Trust    []Trust            // nil: aws.DefaultTrust
	Policies []FederationPolicy // of the Databricks account; nil: DefaultPolicies
	Holdings Holdings           // of IAM
}

// Server is a running sandbox. What it can do is what its parts can: all their methods may be called from several goroutines,
// but for those that say the lock must be held.
type Server struct {
	*harness.Harness
	*issuer.Issuers
	*signin.Desk
	*idp.Provider
	*aws.Account
	*iam.Directory
	*data.Services
	*athena.Athena
	*center.Center
	*workspace.Workspace
}

// Start opens a sandbox on 127.0.0.1. It ends with Close or with ctx, whichever comes first.
func Start(ctx context.Context, o Options) (*Server, error) {
	if o.Keys == nil {
		keys, err := NewKeys()
		if err != nil {
			return nil, err
		}
		o.Keys = keys
	}
	h, err := harness.New(ctx, o.Now, o.Port)
	if err != nil {
		return nil, err
	}
	s := &Server{Harness: h, Issuers: issuer.New(h, o.Keys)}
	if s.Desk, err = signin.NewDesk(h); err != nil {
		return nil, err
	}
	s.Provider = idp.New(h, s.Issuers, s.Desk)
	s.Account = aws.New(h, s.Issuers, o.Trust, s.Console)
	s.Directory = iam.New(h, s.Account, o.Holdings)
	s.Athena = athena.New(h, s.Account)
	s.Services = data.New(h, s.Account)
	s.Center = center.New(h, s.Desk, s.Account)
	s.Workspace = workspace.New(h, s.Issuers, s.Account, s.Desk, o.Policies)
	h.Serve(ctx, slices.Concat(s.Issuers.Routes(), s.Desk.Routes(), s.Provider.Routes(), s.Account.Routes(), s.Directory.Routes(), s.Athena.Routes(),
		s.Services.Routes(), s.Center.Routes(), s.Workspace.Routes()))
	return s, nil
}

// NewKeys makes signing keys.
func NewKeys() (*issuer.Keys, error) { return issuer.NewKeys() }

// ReadHoldings reads what IAM holds as JSON.
func ReadHoldings(data []byte) (Holdings, error) { return iam.ReadHoldings(data) }

// ReadWorkspaceHoldings reads what the Databricks workspace holds as JSON.
func ReadWorkspaceHoldings(data []byte) (WorkspaceHoldings, error) { return compute.ReadHoldings(data) }

// ReadEstate reads what stands around data as JSON.
func ReadEstate(text []byte) (Estate, error) { return data.ReadEstate(text) }

// DefaultBehaviour is that of an orderly provider.
func DefaultBehaviour() Behaviour { return harness.DefaultBehaviour() }

// DefaultPolicies are the federation policies of the Databricks account.
func DefaultPolicies() []FederationPolicy { return workspace.DefaultPolicies() }

// Kinds are the kinds of provider that can be doubled.
func Kinds() []Kind { return kind.All() }

// ClientID is the registered client.
func (s *Server) ClientID() string { return harness.ClientID }
