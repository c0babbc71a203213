package sts

import (
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Limits of AssumeRoleWithWebIdentity, as its API reference states them.
const (
	minToken, maxToken       = 4, 20_000
	maxPolicy                = 2_048
	minDuration, maxDuration = 15 * time.Minute, 12 * time.Hour
)

// legalName checks AWS's pattern of RoleSessionName and SourceIdentity, [\w+=,.@-]{2,64}. It is no regular expression
// because compiling one would cost every start of the program.
func legalName(name string) bool {
	return 2 <= len(name) && len(name) <= maxSessionName && strings.IndexFunc(name, illegal) < 0
}

func illegal(r rune) bool {
	return !strings.ContainsRune("_+=,.@-", r) && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
}

// check refuses what AWS would refuse, with a better message and without sending the token.
func (in WebIdentity) check() error {
	token := len(in.Token.Reveal())
	switch {
	case token < minToken || token > maxToken:
		return ui.Fault(ui.Failed,
			"AWS takes 4 to 20,000 characters; let the identity provider put fewer groups or claims into the token",
			"the ID token for role %s has %d characters", in.RoleARN, token)
	case !legalName(in.SessionName):
		return ui.Fault(ui.Failed, "allowed are 2 to 64 letters, digits and _+=,.@-",
			"%q can't be a session name at AWS", in.SessionName)
	case len(in.Policy) > maxPolicy:
		return ui.Fault(ui.Failed, "give the role fewer datasets, or narrow this call with --scope DATASET",
			"the session policy for role %s has %d characters, AWS takes %d", in.RoleARN, len(in.Policy), maxPolicy)
	case in.Duration != 0 && (in.Duration < minDuration || in.Duration > maxDuration):
		return ui.Fault(ui.Failed, "set `duration` between 15m and 12h in the access map",
			"a duration of %s for role %s is out of AWS's bounds", in.Duration, in.RoleARN)
	}
	return nil
}

// checkEndpoint checks an endpoint that an environment variable names. It would get our ID tokens or credentials, so only
// AWS's own, loopback and the hosts that the person trusts are taken; the generic AWS_ENDPOINT_URL, which often names a
// local S3, is none of our business. "" stays "".
func checkEndpoint(variable, override string, trustedHosts []string, ofAWS func(host string) bool) (string, error) {
	if override == "" {
		return "", nil
	}
	u, err := httpclient.CheckURL(override)
	if err != nil {
		return "", ui.Fault(ui.Failed, "correct or unset "+variable, "%s: %w", variable, err)
	}
	if !httpclient.Trusts(trustedHosts, u) && !httpclient.IsLoopback(u.Hostname()) && !ofAWS(strings.ToLower(u.Hostname())) {
		return "", ui.Fault(ui.Refused,
			"unset "+variable+", or add "+u.Hostname()+" to trusted_hosts in your settings if it may receive your ID tokens and credentials",
			"%s points at %s, which is neither AWS, nor this machine, nor a trusted host", variable, u.Host)
	}
	return u.String(), nil
}

// isSTS recognises STS of AWS (https://docs.aws.amazon.com/general/latest/gr/sts.html): the global, regional and FIPS
// names, and those of interface endpoints. Not every name below amazonaws.com will do: anybody can have a bucket there.
func isSTS(host string) bool {
	name, aws := strings.CutSuffix(strings.TrimSuffix(host, ".cn"), ".amazonaws.com")
	if !aws {
		return false
	}
	labels := strings.Split(name, ".")
	switch n := len(labels); {
	case n <= 2:
		return labels[0] == "sts" || labels[0] == "sts-fips" && n == 2
	case n == 4:
		return strings.HasPrefix(labels[0], "vpce-") && (labels[1] == "sts" || labels[1] == "sts-fips") && labels[3] == "vpce"
	}
	return false
}

func accountOf(roleARN string) string {
	if parts := strings.SplitN(roleARN, ":", 6); len(parts) == 6 {
		return parts[4]
	}
	return ""
}
