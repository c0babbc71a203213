package sts

import (
	"cmp"
	"context"
	"encoding/xml"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// s3ControlVariable moves S3 Control.
const s3ControlVariable = "AWS_ENDPOINT_URL_S3_CONTROL"

// DataAccess asks S3 Access Grants for credentials of one prefix or object.
type DataAccess struct {
	From      *Credentials // of the role that the grant is for; they sign the request
	RoleARN   string       // theirs; "" for a permission set
	AccountID string       // of the S3 Access Grants instance
	Region    string       // of the instance and its buckets
	Target    string       // see GrantTarget
	Write     bool         // writing too
	Duration  time.Duration
	// AuditContext is what CloudTrail shows beside the call, cut to what AWS takes: 2,048 characters.
	AuditContext string
}

// maxTarget bounds a target: https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_GetDataAccess.html
const maxTarget, maxAuditContext = 2000, 2048

// GrantTarget is an address as GetDataAccess takes it: s3://bucket and s3://bucket/prefix/ mean all below, which AWS
// writes with a star at the end, and what ends otherwise is one object. A Usage error for what is no such address.
func GrantTarget(address string) (string, error) {
	bucket, key, slash := strings.Cut(strings.TrimPrefix(address, "s3://"), "/")
	prefix := strings.TrimSuffix(key, "*")
	if !strings.HasPrefix(address, "s3://") || len(address) > maxTarget-len("/*") || !isBucket(bucket) || prefix != ui.Clean(prefix) || strings.Contains(prefix, "*") {
		return "", ui.Errorf("grant-target-invalid", ui.Usage, "%q is no place in S3 that a grant can be for", ui.Cut(ui.Clean(address), 100)).
			With(ui.Advice("a prefix ends in a slash, an object does not, as in: --from-grant s3://acme-ml/churn/"))
	}
	if !slash || prefix == "" || strings.HasSuffix(prefix, "/") || prefix != key {
		return "s3://" + bucket + "/" + prefix + "*", nil
	}
	return "s3://" + bucket + "/" + key, nil
}

// isBucket reports whether a text can be a bucket's name:
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
func isBucket(name string) bool {
	return len(name) >= 3 && len(name) <= 63 && ui.IsPlain(name, "-.") && name == strings.ToLower(name)
}

// dataAccess is the answer of GetDataAccess, and of what is refused, in either of the forms that S3 has.
type dataAccess struct {
	XMLName     xml.Name
	Credentials struct {
		AccessKeyID     string    `xml:"AccessKeyId"`
		SecretAccessKey string    `xml:"SecretAccessKey"`
		SessionToken    string    `xml:"SessionToken"`
		Expiration      time.Time `xml:"Expiration"`
	}
	MatchedGrantTarget string
	Code, Message      string
	Error              struct{ Code, Message string }

	requestID string
}

// DataAccess returns credentials that reach the target alone, or its part that the grant covers, and no further than the
// grant (https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_GetDataAccess.html). Their Reaches is what the grant
// covers. Throttling and server errors are tried again, three times in all.
func (c *Client) DataAccess(ctx context.Context, in DataAccess) (*Credentials, error) {
	about := question{
		service: "S3 Access Grants", what: in.Target, moved: s3ControlVariable, region: in.Region, own: in.explain,
	}
	if err := in.Check(); err != nil {
		return nil, err
	}
	address, err := c.s3Control(in)
	if err != nil {
		return nil, err
	}
	got, err := ask(ctx, about, func(ctx context.Context) (*dataAccess, error) { return c.dataAccess(ctx, about, in, address) })
	if err != nil {
		return nil, err
	}
	credentials, err := issued(about, Credentials{
		AccessKeyID: got.Credentials.AccessKeyID, SecretAccessKey: secret.New(got.Credentials.SecretAccessKey),
		SessionToken: secret.New(got.Credentials.SessionToken), Expires: got.Credentials.Expiration, AccountID: in.AccountID,
		RequestID: got.requestID,
	}, c.Now())
	if err != nil {
		return nil, err
	}
	credentials.Reaches = ui.Cut(ui.Clean(got.MatchedGrantTarget), maxTarget)
	return credentials, nil
}

// Check is an error for what can't be asked for; From is not looked at.
func (in DataAccess) Check() error {
	if !iam.IsAccount(in.AccountID) || !iam.IsRegion(in.Region) {
		return ui.Errorf("grant-place-unknown", ui.Failed, "the role %s has no account or no region of AWS in which S3 Access Grants could be asked", ui.Clean(in.RoleARN)).
			With(ui.Advice("S3 Access Grants are AWS's own: take a role of AWS, with its region in the access map"))
	}
	return checkDuration(in.RoleARN, in.Duration)
}

// s3Control is the address in front of the service's paths. At AWS the account's number is part of the host's name.
func (c *Client) s3Control(in DataAccess) (string, error) {
	endpoint, err := httpclient.CheckEndpoint(s3ControlVariable, c.S3ControlEndpoint, c.TrustedHosts, iam.IsS3ControlHost)
	if err != nil {
		return "", err
	}
	if endpoint == "" {
		return "https://" + iam.S3ControlHost(in.AccountID, in.Region, c.Hosts), nil
	}
	u, err := url.Parse(endpoint)
	if err != nil {
		return "", err
	}
	if iam.IsS3ControlHost(strings.ToLower(u.Hostname())) {
		u.Host = in.AccountID + "." + u.Host
	}
	return strings.TrimSuffix(u.String(), "/"), nil
}

func (c *Client) dataAccess(ctx context.Context, about question, in DataAccess, address string) (*dataAccess, error) {
	query := url.Values{
		"target": {in.Target}, "permission": {in.permission()}, "privilege": {"Minimal"},
		"auditContext": {ui.Cut(ui.Clean(in.AuditContext), maxAuditContext)},
	}
	if !strings.HasSuffix(in.Target, "*") {
		query.Set("targetType", "Object")
	}
	if in.Duration != 0 {
		query.Set("durationSeconds", strconv.Itoa(int(in.Duration/time.Second)))
	}
	if in.AuditContext == "" {
		query.Del("auditContext")
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/v20180820/accessgrantsinstance/dataaccess?"+query.Encode(), nil)
	if err != nil {
		return nil, httpclient.Explain(about.doing(), err)
	}
	r.Header.Set("X-Amz-Account-Id", in.AccountID)
	// S3 wants the digest of the body, which is empty, as a header too:
	// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
	asked := byHand{about: about, service: "s3", of: about.service, request: r, digestHeader: true}
	if c.S3ControlEndpoint != "" {
		asked.named = s3ControlVariable
	}
	a, err := c.send(ctx, in.From, asked)
	if err != nil {
		return nil, err
	}
	var got dataAccess
	if xml.Unmarshal(a.Body, &got) != nil {
		return nil, a.NoAnswer()
	}
	code := cmp.Or(got.Error.Code, got.Code)
	switch {
	case code != "":
		return nil, refusalOf(a, ofS3(code), cmp.Or(got.Error.Message, got.Message))
	case !a.OK() || got.XMLName.Local != "GetDataAccessResult":
		return nil, a.NoAnswer()
	}
	got.requestID = a.RequestID()
	return &got, nil
}

func (in DataAccess) permission() string {
	if in.Write {
		return "READWRITE"
	}
	return "READ"
}

// ofS3 is what the rest of AWS calls an error that S3 has a name of its own for:
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
func ofS3(code string) string {
	switch code {
	case "InvalidAccessKeyId", "InvalidToken":
		return "InvalidClientTokenId"
	case "StsThrottlingError":
		return "Throttling"
	}
	return code
}

// explain knows the refusals that only this call has.
func (in DataAccess) explain(code, said string) error {
	role := cmp.Or(in.RoleARN, "ROLE_ARN")
	at := " --account-id " + in.AccountID + " --region " + in.Region
	switch code {
	case "AccessDenied":
		return ui.Errorf("grant-refused", ui.Refused, "S3 Access Grants gives the role no %s access to %s: %s", in.permission(), in.Target, said).
			With(ui.ForAdmin("make a grant for the role, its prefix or one above it:"),
				ui.Command("aws s3control create-access-grant"+at+" --access-grants-location-id LOCATION_ID --access-grants-location-configuration S3SubPrefix="+
					ui.Word(below(in.Target))+" --permission "+in.permission()+" --grantee GranteeType=IAM,GranteeIdentifier="+role).ForAdmin(),
				ui.ForAdmin("and the role's permissions must hold s3:GetDataAccess on the instance:"),
				ui.Command(iam.DataAccessPolicy(in.Region, in.AccountID).Statement[0].JSON()).ForAdmin())
	case "AccessGrantsInstanceNotExistsError":
		return ui.Errorf("grants-instance-absent", ui.Refused, "the account %s has no S3 Access Grants in %s: %s", in.AccountID, in.Region, said).
			With(ui.ForAdmin("make an instance, register the bucket and grant access; the instance must be in the role's account and region:"),
				ui.Command("aws s3control create-access-grants-instance"+at).ForAdmin())
	case "InvalidRequest", "InvalidArgument", "ValidationError", "BadRequest":
		return ui.Errorf("grant-request-invalid", ui.Failed, "S3 Access Grants finds the request for %s invalid: %s", in.Target, said).
			With(ui.Advice("check the address; a prefix ends in a slash, an object does not"))
	}
	return nil
}

// below is a target's path in its bucket.
func below(target string) string {
	_, path, _ := strings.Cut(strings.TrimPrefix(target, "s3://"), "/")
	return cmp.Or(path, "*")
}
