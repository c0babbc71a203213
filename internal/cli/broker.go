package cli

import (
	"context"
	"encoding/hex"
	"fmt"
	"sync"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/source"
	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/desktop"
	"github.com/dbxaccess/dbxaccess/internal/failure"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/identitycenter"
	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/login/idcenter"
	"github.com/dbxaccess/dbxaccess/internal/login/oidc"
	"github.com/dbxaccess/dbxaccess/internal/login/workload"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/sts"
	"github.com/dbxaccess/dbxaccess/internal/sts/ambient"
	"github.com/dbxaccess/dbxaccess/internal/ui"
	"github.com/dbxaccess/dbxaccess/internal/workspacelogin"
)

// Broker builds the broker on the keyring that is in use.
func (e *Env) Broker(ctx context.Context) (*broker.Broker, error) {
	selected, err := e.KeyringInUse(ctx)
	if err != nil {
		return nil, err
	}
	keyring, err := e.Keyring(selected)
	if err != nil {
		return nil, err
	}
	return e.BrokerOn(keyring)
}

// View is the access map joined with the sign-ins of this machine.
func (e *Env) View(ctx context.Context) (*access.View, error) {
	b, err := e.Broker(ctx)
	if err != nil {
		return nil, err
	}
	return b.View()
}

// BrokerOn builds the broker on an open keyring.
func (e *Env) BrokerOn(keyring *store.Store) (*broker.Broker, error) {
	settings, err := e.Settings()
	if err != nil {
		return nil, err
	}
	path, named, err := e.MapFile()
	if err != nil {
		return nil, err
	}
	client := e.HTTP(0)
	log := e.Log()
	log.Debug("settings", "directory", settings.Dir, "map", path, "map_from_environment", named)
	recorder := growing{remembering{audit.Each{audit.Log{Logger: log}, e.recorder(settings, keyring)}, keyring}, e, keyring}
	asker := e.Asker()
	leases, err := e.Leases()
	if err != nil {
		return nil, err
	}
	reason, err := reasonOf(e.Getenv)
	if err != nil {
		return nil, err
	}
	run, err := runOf(e.Getenv)
	if err != nil {
		return nil, err
	}
	aws, machine, err := e.AWS()
	if err != nil {
		return nil, err
	}
	peer := desktop.PeerCheck(e.Getenv)
	failures := failure.Memory{Notes: keyring, Now: e.Now, Circumstances: sync.OnceValue(func() string { return e.circumstances(path) })}
	stored := func(protocol login.Protocol) *login.Stored {
		return &login.Stored{
			Protocol: protocol, Store: keyring, Now: e.Now, Warn: e.Console.Warn, Recorder: recorder, Failures: failures,
		}
	}
	people, assigned := stored(&oidc.Client{HTTP: client, Now: e.Now, Log: log, Peer: peer, Notes: keyring}),
		stored(&idcenter.Client{Wire: aws.IdentityCenter, Store: keyring, Now: e.Now, Log: log, Peer: peer})
	workspaces := &databricks.Client{HTTP: e.HTTP(maxTable), TrustedHosts: settings.TrustedHosts, Now: e.Now, Notes: keyring}
	b := broker.New(broker.Parts{
		MapPath: path, Naming: NamingOf(settings),
		LoadMap: e.Map,
		Store:   keyring,
		Sessions: login.Sources{
			idp.OpenIDConnect:  people,
			idp.IdentityCenter: assigned,
			idp.Workspace:      stored(&workspacelogin.Client{Databricks: workspaces, Now: e.Now, Log: log, Peer: peer}),
			idp.Workload: &workload.Source{
				HTTP: client, Now: e.Now, Warn: e.Console.Warn, Getenv: e.Getenv, Waiting: e.Console.Waiting,
				Notes: keyring,
				AWS:   awsToken(aws, machine),
			},
		},
		STS:        aws,
		Ambient:    machine.Credentials,
		Databricks: workspaces,
		Failures:   failures,
		Now:        e.Now,
		Agent:      asker.Agent,
		Overruled:  asker.Overruled,
		Leases:     leases,
		Door:       e.door(),
		Holder:     e.Holder,
		LookUp:     lookUp(context.Background(), asker, keyring),
		Reason:     reason,
		Run:        run,
		Console:    e.Console,
		Recorder:   recorder,
		Log:        log,
	})
	people.Changing, assigned.Changing = b.Changing, b.Changing
	return b, nil
}

// AWS is what asks STS, and what finds the credentials that AWS gives this machine.
func (e *Env) AWS() (*sts.Client, *ambient.Finder, error) {
	settings, err := e.Settings()
	if err != nil {
		return nil, nil, err
	}
	hosts, err := e.hostsOfAWS()
	if err != nil {
		return nil, nil, err
	}
	client := e.HTTP(0)
	aws := &sts.Client{
		HTTP: client, Endpoint: e.Getenv("AWS_ENDPOINT_URL_STS"), S3ControlEndpoint: e.Getenv("AWS_ENDPOINT_URL_S3_CONTROL"), TrustedHosts: settings.TrustedHosts,
		Hosts: hosts, Now: e.Now,
		IdentityCenter: &identitycenter.Client{
			HTTP: client, OIDCEndpoint: e.Getenv("AWS_ENDPOINT_URL_SSO_OIDC"), PortalEndpoint: e.Getenv("AWS_ENDPOINT_URL_SSO"),
			TrustedHosts: settings.TrustedHosts, Hosts: hosts, Now: e.Now,
		},
	}
	return aws, &ambient.Finder{
		Getenv: e.Getenv, HTTP: client, Link: httpclient.NewLink(e.Log(), nil), Now: e.Now, Assume: aws.AssumeRoleWithWebIdentity,
	}, nil
}

// maxTable bounds an answer of a workspace, in bytes: what Unity Catalog says of a table has all its columns.
const maxTable = 16 << 20

// hostsOfAWS says which of AWS's hosts are asked. A variable that moves a service elsewhere can't be joined with those
// that choose among AWS's own, as in the SDKs.
func (e *Env) hostsOfAWS() (iam.Hosts, error) {
	hosts, err := iam.HostsFrom(e.Getenv)
	if err != nil {
		return hosts, ui.Errorf("endpoint-invalid", ui.Failed, "%w", err).With(ui.Advice("set it to true or false, or unset it"))
	}
	for _, moves := range []string{"AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_SSO_OIDC", "AWS_ENDPOINT_URL_SSO", "AWS_ENDPOINT_URL_SIGNIN", "AWS_ENDPOINT_URL_S3_CONTROL", "AWS_ENDPOINT_URL_IAM", "AWS_ENDPOINT_URL_ATHENA"} {
		if hosts != (iam.Hosts{}) && e.Getenv(moves) != "" {
			return hosts, ui.Errorf("endpoint-invalid", ui.Failed,
				"%s names a host, and AWS_USE_FIPS_ENDPOINT or AWS_USE_DUALSTACK_ENDPOINT asks for AWS's own", moves).
				With(ui.Advice("unset " + moves + ", or the other two"))
		}
	}
	return hosts, nil
}

// circumstances tell whether a failure of another process would be one here: by the same map and network.
func (e *Env) circumstances(mapPath string) string {
	stamp, _ := source.StampOf(mapPath)
	parts := []string{fmt.Sprint(stamp.Path, stamp.Size, stamp.ModTime.UnixNano(), stamp.Changed.UnixNano(), stamp.Inode)}
	for _, name := range []string{
		"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy", "AWS_CA_BUNDLE", "AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT",
		"AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_SSO", "AWS_ENDPOINT_URL_SSO_OIDC", "AWS_ENDPOINT_URL_S3_CONTROL",
	} {
		parts = append(parts, e.Getenv(name))
	}
	sum := secret.Digest(parts...)
	return hex.EncodeToString(sum[:])
}

// awsToken asks AWS for a token for the machine's own AWS identity.
func awsToken(aws *sts.Client, machine *ambient.Finder) func(ctx context.Context, region, audience string) (secret.String, error) {
	return func(ctx context.Context, region, audience string) (secret.String, error) {
		credentials, err := machine.Credentials(ctx)
		if err != nil {
			return secret.String{}, err
		}
		return aws.WebIdentityToken(ctx, credentials, region, audience)
	}
}
