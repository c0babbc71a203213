package ship

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/credential"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Types of sinks.
const (
	OTLP    = "otlp"
	Syslog  = "syslog"
	HEC     = "hec"
	S3      = "s3"
	Webhook = "webhook"
)

// Types are those that there are, in the order in which people are told of them.
func Types() []string { return []string{OTLP, Syslog, HEC, S3, Webhook} }

// Options say what a sink is. What they hold was read from the settings.
type Options struct {
	Name   string
	Type   string
	URL    string
	CAFile string // PEM; its certificates are trusted besides the system's
	Header string // that carries the token instead of Authorization, of otlp and webhook
	Region string // of the bucket
	// Partition is how objects lie in a bucket: "" for a directory a chain, or ByDay.
	Partition string
	Token     secret.String

	Getenv func(string) string // names a proxy
	Now    func() time.Time
	Log    *slog.Logger
	Agent  string // User-Agent
	// Keys are the credentials that write to the bucket. Endpoint is the address of an S3 that is not AWS's, checked; "" for AWS.
	Keys     func(ctx context.Context) (*credential.AWS, error)
	Endpoint string
	Hosts    iam.Hosts
}

// Open returns the sink. It connects to nothing. The errors name the setting that is wrong, below that of the sink.
func Open(o Options) (Sink, error) {
	if o.Partition != "" && o.Type != S3 {
		return nil, fmt.Errorf("partition: it is for the type %s", S3)
	}
	p := &poster{name: o.Name, now: o.Now, token: o.Token, header: "Authorization", bounds: usual, taken: anySuccess}
	switch o.Type {
	case OTLP:
		p.scheme, p.kind, p.of, p.encode, p.taken = "Bearer ", "application/json", "an OTLP collector", otlp, otlpTaken
		return p.open(o, "/v1/logs")
	case HEC:
		p.scheme, p.kind, p.of, p.encode, p.taken = "Splunk ", "application/json", "Splunk's HTTP Event Collector", hec, hecTaken
		return p.open(o, "/services/collector/event")
	case Webhook:
		p.scheme, p.kind, p.of, p.encode = "Bearer ", "application/x-ndjson", "a webhook", plainLines
		return p.open(o, "")
	case Syslog:
		return openSyslog(o)
	case S3:
		return openS3(o)
	}
	return nil, fmt.Errorf("type: %q is none of %s", ui.Clean(o.Type), strings.Join(Types(), ", "))
}

func (o Options) client() *http.Client {
	return httpclient.New(httpclient.Options{
		Timeout: requestTime, CABundle: o.CAFile, CANamed: "ca_file of the sink " + o.Name + " in the settings", Getenv: o.Getenv, Log: o.Log, UserAgent: o.Agent,
	})
}

// open completes a sink that takes posts; path is where such a sink usually listens, for an address that names none.
func (p *poster) open(o Options, path string) (Sink, error) {
	u, err := httpclient.CheckURL(o.URL)
	if err != nil {
		return nil, fmt.Errorf("url: %w", err)
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = path
	}
	switch {
	case o.Region != "":
		return nil, fmt.Errorf("region: it is for the type %s", S3)
	case o.Header != "" && o.Type == HEC:
		return nil, errors.New("header: Splunk's tokens have one of their own")
	case o.Header != "" && !ui.IsPlain(o.Header, "-"):
		return nil, fmt.Errorf("header: %q is no name of a header", ui.Clean(o.Header))
	case o.Header != "":
		p.header, p.scheme = o.Header, ""
	}
	p.client, p.address = o.client(), u.String()
	return p, nil
}

func openSyslog(o Options) (Sink, error) {
	u, err := url.Parse(o.URL)
	switch {
	case err != nil || o.URL != ui.Clean(o.URL) || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "":
		return nil, fmt.Errorf("url: %q is not of the form tls://HOST:PORT", ui.Clean(o.URL))
	case u.Scheme == "tcp" && !httpclient.IsLoopback(u.Hostname()):
		return nil, fmt.Errorf("url: %s is not encrypted (plain TCP is allowed to this machine only): write tls://", ui.Clean(o.URL))
	case u.Scheme != "tcp" && u.Scheme != "tls":
		return nil, fmt.Errorf("url: %q is not of the form tls://HOST:PORT", ui.Clean(o.URL))
	case !o.Token.IsZero() || o.Header != "" || o.Region != "":
		return nil, fmt.Errorf("type: %s has no token, header or region", Syslog)
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"tls": "6514", "tcp": "601"}[u.Scheme] // RFC 5425 section 4.1, RFC 6587 section 3.2
	}
	s := &syslog{name: o.Name, address: net.JoinHostPort(u.Hostname(), port)}
	if u.Scheme == "tls" {
		s.tls = &tls.Config{MinVersion: tls.VersionTLS12, ServerName: u.Hostname()}
		if o.CAFile != "" {
			if s.tls.RootCAs, err = httpclient.PoolWith(o.CAFile, "ca_file of the sink "+o.Name+" in the settings"); err != nil {
				return nil, err
			}
		}
	}
	return s, nil
}

func openS3(o Options) (Sink, error) {
	u, err := url.Parse(o.URL)
	switch {
	case err != nil || o.URL != ui.Clean(o.URL) || u.Scheme != "s3" || !isBucket(u.Host) || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("url: %q is not of the form s3://BUCKET/PREFIX/", ui.Clean(o.URL))
	case !ui.IsPlain(strings.ReplaceAll(u.Path, "/", "")+"a", "-_.=") || strings.Contains(u.Path, "//") || strings.Contains(u.Path, "/."):
		return nil, fmt.Errorf("url: the prefix %q has more than letters, digits and the characters - _ . = and /", ui.Clean(u.Path))
	case !iam.IsRegion(o.Region):
		return nil, fmt.Errorf("region: %q is no region of AWS", ui.Clean(o.Region))
	case o.Partition != "" && o.Partition != ByDay:
		return nil, fmt.Errorf("partition: %q is not %s", ui.Clean(o.Partition), ByDay)
	case !o.Token.IsZero() || o.Header != "":
		return nil, fmt.Errorf("type: %s has neither token nor header; what writes there is a role", S3)
	}
	address := "https://" + iam.S3Host(u.Host, o.Region, o.Hosts)
	if o.Endpoint != "" {
		address = strings.TrimSuffix(o.Endpoint, "/") + "/" + u.Host
	}
	if prefix := strings.Trim(u.Path, "/"); prefix != "" {
		address += "/" + prefix
	}
	return &s3{name: o.Name, client: o.client(), address: address + "/", region: o.Region, byDay: o.Partition == ByDay, now: o.Now, keys: o.Keys}, nil
}

// isBucket: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html, without dots, which certificates don't
// cover.
func isBucket(name string) bool {
	return len(name) >= 3 && len(name) <= 63 && ui.IsPlain(name, "-") && strings.ToLower(name) == name
}
