package cli

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/config"
	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/desktop"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/identitycenter"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/sts"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// app is what the commands may touch. Its parts are made when a command first needs them: `credential-process` must not
// pay for what `login` uses.
type app struct {
	streams    *ui.Streams
	getenv     func(string) string
	now        func() time.Time
	arg0       string
	version    versionInfo
	passphrase secret.String // of the encrypted file, taken out of the environment
	debug      bool
	mayPrompt  bool // set by the commands that a person waits for: login and logout
	helper     bool // see asHelper

	settingsOnce sync.Once
	settings     *config.Settings
	dir          string // settings directory
	settingsErr  error
}

// config returns the settings and their directory, read once.
func (a *app) config() (*config.Settings, string, error) {
	a.settingsOnce.Do(func() {
		if a.settings, a.settingsErr = config.Load(a.getenv); a.settingsErr == nil {
			a.dir = a.settings.Dir
		}
	})
	return a.settings, a.dir, a.settingsErr
}

// log writes to stderr with --debug, else nowhere. Secrets print as [redacted] by their type.
func (a *app) log() *slog.Logger {
	if !a.debug {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(a.streams.Err, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func (a *app) say(format string, args ...any) { fmt.Fprintf(a.streams.Err, format+"\n", args...) }

func (a *app) warn(message string) { ui.PrintWarning(a.streams.Err, ui.Warning{What: message}) }

// http returns a client with the program's rules. maxBody bounds an answer in bytes, 0 for the usual bound. Whoever is
// waited for is named on the terminal, except by the helpers: their terminal is that of another program.
func (a *app) http(maxBody int64) *http.Client {
	client := httpclient.New(httpclient.Options{
		CABundle:  a.getenv("AWS_CA_BUNDLE"),
		UserAgent: "dbxaccess/" + a.version.Number[1:],
		MaxBody:   maxBody,
	})
	if !a.helper {
		client.Transport = waitedFor{client.Transport, a.streams.Progress}
	}
	return client
}

// asHelper is called by the commands that SDKs start. Their terminal and their words are those of another program: plain,
// and nothing about waiting.
func (a *app) asHelper() {
	a.helper = true
	if screen, ok := a.streams.Err.(*ui.Screen); ok {
		a.streams.Err = screen.Terminal
	}
}

// remark is a warning that only a person needs: what helpers write ends up in another program's log, each hour anew.
func (a *app) remark(message string) {
	if !a.helper {
		a.warn(message)
	}
}

// waiting tells the person what takes long, except by the helpers.
func (a *app) waiting(what string) (done func()) {
	if a.helper {
		return func() {}
	}
	return a.streams.Progress(what)
}

// waitedFor tells of each request that takes long whom it waits for.
type waitedFor struct {
	http.RoundTripper
	progress func(doing string) (done func())
}

func (w waitedFor) RoundTrip(r *http.Request) (*http.Response, error) {
	defer w.progress("waiting for " + ui.Clean(r.URL.Host))()
	return w.RoundTripper.RoundTrip(r)
}

// unlockWait bounds one keyring operation of the commands that a person waits for: they may have to unlock it.
const unlockWait = 60 * time.Second

// mapPath is the file the access map is read from: the one that DBXACCESS_MAP names, else the copy that `init` took.
func (a *app) mapPath() (path string, named bool, err error) {
	settings, dir, err := a.config()
	if err != nil {
		return "", false, err
	}
	if settings.Map != "" {
		path, err = filepath.Abs(settings.Map)
		return path, true, err
	}
	return filepath.Join(dir, accessmap.CopyName), false, nil
}

// loadMap parses the access map and reports the file's stamp.
func (a *app) loadMap() (*accessmap.Map, accessmap.Stamp, error) {
	path, named, err := a.mapPath()
	if err != nil {
		return nil, accessmap.Stamp{}, err
	}
	if named {
		return accessmap.Load(path)
	}
	m, _, stamp, err := accessmap.LoadCopy(a.dir)
	return m, stamp, err
}

// openStore opens the keyring that login recorded.
func (a *app) openStore(ctx context.Context) (*store.Store, error) {
	choice, err := a.keyringInUse(ctx)
	if err != nil {
		return nil, err
	}
	return a.storeFor(choice)
}

func (a *app) storeFor(choice store.Selection) (*store.Store, error) {
	settings, _, err := a.config()
	if err != nil {
		return nil, err
	}
	o := store.Options{
		Service: settings.Keyring.Service, Selection: choice, FileDir: a.keyringDir(),
		Passphrase: a.askPassphrase, Now: a.now,
	}
	if a.mayPrompt {
		o.Unlock, o.Timeout = true, unlockWait
	}
	return store.Open(o)
}

// keyringDir is where the encrypted file backend keeps its items.
func (a *app) keyringDir() string { return filepath.Join(a.dir, "keyring") }

// broker joins the parts for a command that hands out credentials.
func (a *app) broker(ctx context.Context) (*broker.Broker, error) {
	keyring, err := a.openStore(ctx)
	if err != nil {
		return nil, err
	}
	return a.brokerOn(keyring)
}

func (a *app) brokerOn(keyring *store.Store) (*broker.Broker, error) {
	settings, _, err := a.config()
	if err != nil {
		return nil, err
	}
	path, _, err := a.mapPath()
	if err != nil {
		return nil, err
	}
	client := a.http(0)
	log := a.log()
	center := &identitycenter.Client{
		HTTP: client, OIDCEndpoint: a.getenv("AWS_ENDPOINT_URL_SSO_OIDC"), PortalEndpoint: a.getenv("AWS_ENDPOINT_URL_SSO"),
		TrustedHosts: settings.TrustedHosts, Now: a.now,
	}
	aws := &sts.Client{
		HTTP: client, Endpoint: a.getenv("AWS_ENDPOINT_URL_STS"), TrustedHosts: settings.TrustedHosts, Center: center,
		Now: a.now,
	}
	ambient := &sts.Ambient{Getenv: a.getenv, HTTP: client, Link: httpclient.NewLink(nil), STS: aws, Now: a.now}
	return &broker.Broker{
		MapPath: path, ProfilePrefix: settings.ProfilePrefix,
		LoadMap: a.loadMap,
		Store:   keyring,
		Sessions: &login.Sessions{
			Client: &login.Client{HTTP: client, Now: a.now, Log: log, Peer: desktop.Peer(a.getenv)}, Center: center,
			Sources: login.Sources{Getenv: a.getenv, AWS: awsToken(aws, ambient)},
			Store:   login.Keyring(keyring), Now: a.now, Notice: a.warn,
		},
		STS:        aws,
		Ambient:    ambient,
		Databricks: &databricks.Client{HTTP: client, TrustedHosts: settings.TrustedHosts, Now: a.now},
		Now:        a.now,
		Notice:     a.warn,
		Remark:     a.remark,
		Waiting:    a.waiting,
		Issued: func(i broker.Issue) {
			log.Info("credential handed out", "identity", i.Identity, "issuer", i.Issuer, "subject", i.Subject, "key", i.Key,
				"session_name", i.SessionName, "role", i.Role, "role_arn", i.RoleARN, "permission_set", i.PermissionSet,
				"workspace_host", i.Host,
				"service_principal", i.ServicePrincipal, "scope", i.Scope,
				"access_key_id", i.AccessKeyID, "expires", i.Expires, "cached", i.Cached, "step", i.Step)
		},
	}, nil
}

// awsToken asks AWS for a token in the name of what it gives the machine.
func awsToken(aws *sts.Client, ambient *sts.Ambient) func(ctx context.Context, region, audience string) (secret.String, error) {
	return func(ctx context.Context, region, audience string) (secret.String, error) {
		credentials, err := ambient.Credentials(ctx)
		if err != nil {
			return secret.String{}, err
		}
		return aws.WebIdentityToken(ctx, credentials, region, audience)
	}
}
