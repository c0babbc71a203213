package live

import (
	"errors"
	"net/http"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscloudtrail "github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	awslake "github.com/aws/aws-sdk-go-v2/service/lakeformation"
	smithy "github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/drift/live"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// What AWS answers is a part that is not there, a refusal to read it, or the end of the reading.
func TestErrorsOfServices(t *testing.T) {
	t.Parallel()
	c := caller{live.Session{Account: "111122223333", By: "profile audit"}, s3Service, "eu-central-1"}
	for code, want := range map[string]struct {
		id        ui.ID
		transient bool
		status    int
	}{
		"SlowDown": {"aws-throttles", true, 503}, "ThrottlingException": {"aws-throttles", true, 400}, "Busy": {"aws-throttles", true, 429},
		"InternalError": {"aws-unavailable", true, 500}, "ExpiredTokenException": {"aws-credentials-refused", false, 400},
		"InvalidAccessKeyId": {"aws-credentials-refused", false, 403},
	} {
		answered := &smithyhttp.ResponseError{
			Response: &smithyhttp.Response{Response: &http.Response{StatusCode: want.status}}, Err: &smithy.GenericAPIError{Code: code, Message: "m\x1b[31m"},
		}
		transient, err := c.explain(answered)
		if transient != want.transient || ui.IDOf(err) != want.id {
			t.Errorf("%s: %v, %v", code, transient, err)
		}
	}
	if _, err := c.explain(&smithy.GenericAPIError{Code: "NoSuchBucketPolicy"}); !errors.Is(err, errMissing) {
		t.Error(err)
	}
	_, err := c.explain(&smithy.GenericAPIError{Code: "AccessDenied", Message: "no\n"})
	if refused, is := errors.AsType[*refusedError](err); !is || refused.why != "AccessDenied: no " {
		t.Errorf("%#v", err)
	}
}

// The SDKs know where the services are.
func TestHostsAreThoseOfTheSDKs(t *testing.T) {
	t.Parallel()
	for _, region := range []string{"eu-central-1", "us-gov-east-1", "cn-north-1"} {
		for _, fips := range []bool{false, true} {
			for s, resolve := range map[service]func() (string, error){
				kmsService: func() (string, error) {
					e, err := awskms.NewDefaultEndpointResolverV2().ResolveEndpoint(t.Context(), awskms.EndpointParameters{Region: &region, UseFIPS: aws.Bool(fips)})
					return e.URI.Hostname(), err
				},
				trailService: func() (string, error) {
					e, err := awscloudtrail.NewDefaultEndpointResolverV2().ResolveEndpoint(t.Context(), awscloudtrail.EndpointParameters{Region: &region, UseFIPS: aws.Bool(fips)})
					return e.URI.Hostname(), err
				},
				lakeService: func() (string, error) {
					e, err := awslake.NewDefaultEndpointResolverV2().ResolveEndpoint(t.Context(), awslake.EndpointParameters{Region: &region, UseFIPS: aws.Bool(fips)})
					return e.URI.Hostname(), err
				},
			} {
				host, err := resolve()
				if err == nil && !services[s].host(host) {
					t.Errorf("%s: %s is not known as its own", s, host)
				}
			}
		}
	}
	for s, of := range services {
		for _, host := range []string{"evil.example", "kms.eu-central-1.amazonaws.com.evil.example", "iam.amazonaws.com", "bucket.s3.eu-central-1.amazonaws.com", ""} {
			if of.host(host) {
				t.Errorf("%q is taken for %s's", host, s)
			}
		}
	}
}

func TestAccountsThatTheMapNames(t *testing.T) {
	t.Parallel()
	m, err := accessmap.Parse("m.yaml", []byte(`version: 1
identities:
  acme: { issuer: https://idp.example.com, client_id: dbxaccess, groups: { ml: [reader, other] } }
datasets:
  churn: { location: s3://acme-ml/churn/, kms_key: "arn:aws:kms:eu-central-1:222233334444:key/1234abcd-12ab-34cd-56ef-1234567890ab" }
  raw: { location: s3://acme-raw/ }
roles:
  reader: { aws: { role_arn: "arn:aws:iam::111122223333:role/reader", region: eu-central-1 }, read: [churn] }
  other: { aws: { role_arn: "arn:aws:iam::333344445555:role/other", region: eu-central-1 }, read: [raw] }
`))
	if err != nil {
		t.Fatal(err)
	}
	if got := Accounts(m, []string{"churn"}); !slices.Equal(got, []string{"111122223333", "222233334444"}) {
		t.Error(got)
	}
	if got := Accounts(m, []string{"raw"}); !slices.Equal(got, []string{"333344445555"}) {
		t.Error(got)
	}
}

// Roles are taken with what reads, and with nothing that changes anything or reads an object.
func TestTheSessionPolicyReadsAlone(t *testing.T) {
	t.Parallel()
	for _, s := range ReadOnly().Statement {
		for _, action := range s.Action {
			if !slices.ContainsFunc([]string{":Get", ":List", ":Describe"}, func(begins string) bool { return len(action) > 3 && containsAfterService(action, begins) }) ||
				action == "s3:GetObject" || action == "s3:ListBucket" {
				t.Error(action)
			}
		}
	}
}

func containsAfterService(action, begins string) bool {
	for i := range action {
		if action[i] == ':' {
			return len(action) >= i+len(begins) && action[i:i+len(begins)] == begins
		}
	}
	return false
}
