package sts

import (
	"context"
	"encoding/xml"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Scoped asks STS to narrow credentials that there are. No role is assumed: the session keeps its name, its tags and its
// source identity, and may do what it might before, as far as the policy and those of earlier calls allow it too.
type Scoped struct {
	From     *Credentials // a role's, a permission set's or a machine's, which sign the request
	FromRole string       // theirs, for messages: see AssumeRole
	Region   string       // of the STS endpoint
	Policy   string       // as JSON; "" narrows nothing but the life, for which Duration is needed
	// Duration is a second to iam.MaxScoped. What From would not last for is not asked for, and 0 is all of From's life.
	Duration    time.Duration
	Description string // see ScopedDescription; may be empty
}

// ScopedCredentials are credentials that were narrowed.
type ScopedCredentials struct {
	Credentials

	Layers    int    // how many policies narrow the session by now, of iam.MaxScopedPolicies
	RequestID string // by which CloudTrail and AWS Support know the call
}

// scopedAnswer is the answer of GetScopedCredentials, and of what is refused.
type scopedAnswer struct {
	XMLName xml.Name
	Result  struct {
		Credentials struct {
			AccessKeyID     string    `xml:"AccessKeyId"`
			SecretAccessKey string    `xml:"SecretAccessKey"`
			SessionToken    string    `xml:"SessionToken"`
			Expiration      time.Time `xml:"Expiration"`
		}
		ScopedPoliciesCount     int
		SessionTokenUtilization int
	} `xml:"GetScopedCredentialsResult"`
	Error     struct{ Code, Message string }
	RequestID string `xml:"RequestId"`                  // of an error
	Answered  string `xml:"ResponseMetadata>RequestId"` // of any other answer
}

// ScopedCredentials returns them. They never outlive those that they come from. Where STS can't narrow the session, in that
// partition, for that principal, or at a server that is not AWS's, NotScoped reports true. Every other refusal is a sentence
// with a remedy; throttling and server errors are tried again, three times in all. An answer that does not say that the
// policy holds is an error.
//
// The shapes are those of AWS's model of STS, version 2011-06-15:
// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetScopedCredentials.html
func (c *Client) ScopedCredentials(ctx context.Context, in Scoped) (*ScopedCredentials, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	about := askingSTS("narrower credentials of "+in.from(), in.Region)
	about.own = in.explain
	address, err := c.regional(ctx, in.Region)
	if err != nil {
		return nil, err
	}
	request := func(in Scoped) (*scopedAnswer, error) {
		return ask(ctx, about, func(ctx context.Context) (*scopedAnswer, error) { return c.scoped(ctx, about, in, address) })
	}
	got, err := request(in)
	if errors.Is(err, errTooShort) && in.Policy != "" && in.Duration != 0 { // by AWS's clock: they end earlier by themselves
		in.Duration = 0
		got, err = request(in)
	}
	if httpclient.Permanent(err) { // nothing of STS is there
		return nil, notScopedError{ui.Errorf("scoping-unanswered", ui.Failed, "what is there narrows no credentials: %w", err).With(ui.FixOf(err))}
	}
	if err != nil {
		return nil, err
	}
	made, result := got.Result.Credentials, got.Result
	issued, err := issued(about, Credentials{
		AccessKeyID: made.AccessKeyID, SecretAccessKey: secret.New(made.SecretAccessKey), SessionToken: secret.New(made.SessionToken),
		Expires: made.Expiration, AccountID: in.From.AccountID, TokenUtilization: max(0, result.SessionTokenUtilization),
	}, c.Now())
	if err != nil {
		return nil, err
	}
	if in.Policy != "" && (result.ScopedPoliciesCount <= in.From.ScopedPolicies || issued.AccessKeyID == in.From.AccessKeyID) {
		return nil, about.noAnswer("STS answered for %s without saying that the policy narrows them", about.what)
	}
	for _, end := range []time.Time{in.From.Expires, c.asked(in.Duration)} {
		if !end.IsZero() && issued.Expires.After(end) {
			issued.Expires = end
		}
	}
	return &ScopedCredentials{Credentials: *issued, Layers: result.ScopedPoliciesCount, RequestID: ui.Cut(ui.Clean(got.Answered), 80)}, nil
}

// asked is when credentials that are asked for now end by what was asked; zero where that was left to AWS.
func (c *Client) asked(life time.Duration) time.Time {
	if life == 0 {
		return time.Time{}
	}
	return c.Now().Add(life)
}

// check refuses what AWS would refuse.
func (in Scoped) check() error {
	switch {
	case in.From.SessionToken.IsZero():
		return ui.Errorf("scoping-long-lived", ui.Refused, "STS narrows temporary credentials alone, and those of %s are a long-lived key", in.from()).
			With(ui.Advice("take a role instead of an IAM user"))
	case len(in.Policy) > iam.MaxSessionPolicy:
		return ui.Errorf("session-policy-size", ui.Failed, "the policy that is to narrow %s has %d characters, AWS takes %d", in.from(), len(in.Policy), iam.MaxSessionPolicy).
			With(ui.Advice("narrow this call with --scope DATASET"), ui.ForAdmin("give the role fewer datasets"))
	case in.Policy == "" && in.Duration == 0, in.Duration < 0, in.Duration > iam.MaxScoped, in.Duration%time.Second != 0:
		return ui.Errorf("scoping-duration", ui.Failed, "a duration of %s for narrower credentials is out of AWS's bounds", in.Duration).
			With(ui.Advice("it takes 1s to 36h"))
	case len(in.Description) > iam.MaxScopedDescription || in.Description != ScopedDescription(in.Description):
		return ui.Errorf("scoping-description", ui.Failed, "the description of narrower credentials has %d characters, or some that AWS does not take", len(in.Description)).
			With(ui.Advice("it takes up to 256 characters of ASCII"))
	}
	return nil
}

// ScopedDescription is a text as it can describe a session in CloudTrail: printable ASCII, 256 characters at most.
func ScopedDescription(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, text)
	return text[:min(len(text), iam.MaxScopedDescription)]
}

// lasting is the duration to ask for: none where the credentials end as early by themselves.
func (in Scoped) lasting(now time.Time) time.Duration {
	if end := in.From.Expires; in.Policy != "" && !end.IsZero() && in.Duration >= end.Sub(now) {
		return 0
	}
	return in.Duration
}

// globalHost is STS's endpoint without a region, which has no GetScopedCredentials.
const globalHost = "sts.amazonaws.com"

// regional is the address of STS in a region, or the one that the person moved it to.
func (c *Client) regional(ctx context.Context, region string) (string, error) {
	endpoint, err := httpclient.CheckEndpoint(stsVariable, c.Endpoint, c.TrustedHosts, isSTS)
	if err != nil {
		return "", err
	}
	if endpoint == "" && !iam.IsRegion(region) {
		return "", ui.Errorf("sts-endpoint", ui.Failed, "%q is no region of AWS", ui.Clean(region)).With(ui.Advice("correct the role's `region` in the access map"))
	}
	at, err := sts.NewDefaultEndpointResolverV2().ResolveEndpoint(ctx, sts.EndpointParameters{
		Region: aws.String(region), Endpoint: optional(endpoint), UseFIPS: aws.Bool(c.Hosts.FIPS), UseDualStack: aws.Bool(c.Hosts.DualStack),
	})
	if err != nil {
		return "", ui.Errorf("sts-endpoint", ui.Failed, "no address of STS in region %s: %w", region, err).
			With(ui.Advice("check the role's `region`, and " + stsVariable + ", AWS_USE_FIPS_ENDPOINT, AWS_USE_DUALSTACK_ENDPOINT"))
	}
	if strings.EqualFold(at.URI.Hostname(), globalHost) {
		return "", notScopedError{ui.Errorf("scoping-endpoint", ui.Failed, "the global endpoint of STS can't narrow credentials").
			With(ui.Advice("name a region's: " + stsVariable + "=https://sts." + region + ".amazonaws.com"))}
	}
	return strings.TrimSuffix(at.URI.String(), "/") + "/", nil
}

func (c *Client) scoped(ctx context.Context, about question, in Scoped, address string) (*scopedAnswer, error) {
	form := url.Values{"Action": {"GetScopedCredentials"}, "Version": {"2011-06-15"}}
	for name, value := range map[string]string{"Policy": in.Policy, "ScopedSessionDescription": in.Description} {
		if value != "" {
			form.Set(name, value)
		}
	}
	if duration := in.lasting(c.Now()); duration != 0 {
		form.Set("DurationSeconds", strconv.FormatInt(int64(duration/time.Second), 10))
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, nil)
	if err != nil {
		return nil, httpclient.Explain(about.doing(), err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	a, err := c.send(ctx, in.From, byHand{
		about: about, service: "sts", of: "AWS STS", named: c.named(about), request: r, body: []byte(form.Encode()),
	})
	if err != nil {
		return nil, err
	}
	var got scopedAnswer
	if !OfQueryProtocol(a) || xml.Unmarshal(a.Body, &got) != nil {
		return nil, a.NoAnswer()
	}
	switch {
	case got.Error.Code != "":
		return nil, refusalOf(a, got.Error.Code, got.Error.Message+got.request())
	case !a.OK() || got.XMLName.Local != "GetScopedCredentialsResponse":
		return nil, a.NoAnswer()
	}
	return &got, nil
}

var errTooShort = errors.New("the credentials that are to be narrowed do not last as long as was asked for")

// request names an error as AWS does.
func (got *scopedAnswer) request() string {
	if got.RequestID == "" {
		return " (" + got.Error.Code + ")"
	}
	return " (" + got.Error.Code + ", request " + ui.Cut(got.RequestID, 80) + ")"
}

// notScopedError marks that STS can't narrow a session, whatever the policy says.
type notScopedError struct{ error }

func (e notScopedError) Unwrap() error { return e.error }

// NotScoped reports whether GetScopedCredentials is not to be had for the credentials that asked: the same policy may still be
// sent with AssumeRole.
func NotScoped(err error) bool {
	_, is := errors.AsType[notScopedError](err)
	return is
}

func (in Scoped) from() string { return AssumeRole{FromRole: in.FromRole}.from() }

// explain knows the refusals that this call has, and what others mean here.
func (in Scoped) explain(code, said string) error {
	// MinIO says it so of any action that it does not know: https://github.com/minio/minio/blob/master/cmd/sts-handlers.go
	if code == "InvalidParameterValue" && strings.Contains(said, "Unsupported action") {
		code = "InvalidAction"
	}
	switch code {
	case "InvalidAction", "UnknownOperation", "UnsupportedOperation", "NotImplemented", "MethodNotAllowed":
		return notScopedError{ui.Errorf("scoping-unknown", ui.Failed, "STS does not know sts:GetScopedCredentials here: %s", said).
			With(ui.Advice("AWS has it since November 2026, at regional endpoints: another partition, or a server that is not AWS's, may not"))}
	case "AccessDenied":
		allow := iam.Statement{Effect: "Allow", Action: iam.Words{"sts:GetScopedCredentials"}, Resource: iam.Words{"*"}}
		return notScopedError{ui.Errorf("scoping-refused", ui.Refused, "AWS does not let %s narrow its credentials: %s", in.from(), said).
			With(ui.Advice("no service control policy may deny it, and the permissions must hold:"), ui.Command(allow.JSON()))}
	case "InsufficientSessionLifetime":
		return ui.Errorf("scoping-life", ui.Failed, "%w: %s", errTooShort, said).
			With(ui.Advice("ask for less, or try again: new ones are taken on the way"))
	case "InvalidSubjectCredentials":
		return ui.Errorf("scoping-session-invalid", ui.Refused, "AWS can't tell whose session the credentials of %s are: %s", in.from(), said).
			With(ui.Advice("the session may have been revoked: sign in once more"), ui.Command("dbxaccess login --force"))
	case "ValidationError":
		return ui.Errorf("scoping-request-invalid", ui.Failed, "AWS finds the request for narrower credentials of %s invalid: %s", in.from(), said).
			With(ui.Command("dbxaccess map check"))
	}
	return nil
}
