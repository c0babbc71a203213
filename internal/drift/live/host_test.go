package live

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	smithyauth "github.com/aws/smithy-go/auth"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/dbxaccess/dbxaccess/internal/iam"
)

// The SDK knows where IAM of each partition is, and which region its requests are signed for.
func TestHostAndRegionAreThoseOfTheSDK(t *testing.T) {
	t.Parallel()
	for partition, region := range map[string]string{
		"aws": "eu-central-1", "aws-cn": "cn-northwest-1", "aws-us-gov": "us-gov-east-1", "aws-eusc": "eusc-de-east-1",
		"aws-iso": "us-iso-west-1", "aws-iso-b": "us-isob-east-1", "aws-iso-e": "eu-isoe-west-1", "aws-iso-f": "us-isof-east-1",
	} {
		home := iam.PartitionOf(region).Home()
		for _, variant := range []struct{ fips, dual bool }{{}, {fips: true}, {dual: true}} {
			endpoint, err := awsiam.NewDefaultEndpointResolverV2().ResolveEndpoint(t.Context(), awsiam.EndpointParameters{
				Region: aws.String(home), UseFIPS: aws.Bool(variant.fips), UseDualStack: aws.Bool(variant.dual),
			})
			if err != nil {
				continue // there is no such host
			}
			if !iam.IsIAMHost(endpoint.URI.Hostname()) {
				t.Errorf("%s: %s is not known as IAM's", partition, endpoint.URI.Hostname())
			}
			schemes, _ := smithyauth.GetAuthOptions(&endpoint.Properties)
			for _, scheme := range schemes {
				if signed, ok := smithyhttp.GetSigV4SigningRegion(&scheme.SignerProperties); ok && signed != home {
					t.Errorf("%s: requests to %s are signed for %s, we have %s", partition, endpoint.URI.Hostname(), signed, home)
				}
			}
		}
		if iam.PartitionOf(home).Name != partition {
			t.Errorf("%s: its IAM is in %q", partition, home)
		}
	}
	for _, host := range []string{"iam.evil.example", "iam.amazonaws.com.evil.example", "s3.us-east-1.amazonaws.com", "amazonaws.com", "iam.iam.amazonaws.com", "iam.s3.amazonaws.com", ""} {
		if iam.IsIAMHost(host) {
			t.Errorf("%q is taken for IAM's", host)
		}
	}
}
