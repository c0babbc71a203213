//go:build linux

package live

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	trailtypes "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// s3 does what a command says of a bucket.
func (w *remedied) s3(t *testing.T, region, operation string, take func(string) *string) (err error) {
	t.Helper()
	client := w.r.client(caller{w.accounts.Sessions()[0], s3Service, region})
	bucket, owner, ctx := take("bucket"), take("expected-bucket-owner"), t.Context()
	switch operation {
	case "put-bucket-encryption":
		var by s3types.ServerSideEncryptionConfiguration
		readStrictly(t, *take("server-side-encryption-configuration"), &by)
		_, err = client.PutBucketEncryption(ctx, &s3.PutBucketEncryptionInput{Bucket: bucket, ExpectedBucketOwner: owner, ServerSideEncryptionConfiguration: &by})
	case "put-public-access-block":
		var block s3types.PublicAccessBlockConfiguration
		short := strings.NewReplacer("=", `":`, ",", `,"`).Replace(*take("public-access-block-configuration"))
		readStrictly(t, `{"`+short+`}`, &block)
		_, err = client.PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{Bucket: bucket, ExpectedBucketOwner: owner, PublicAccessBlockConfiguration: &block})
	case "put-bucket-ownership-controls":
		short := *take("ownership-controls")
		value, begins := strings.CutPrefix(short, "Rules=[{ObjectOwnership=")
		value, ends := strings.CutSuffix(value, "}]")
		if !begins || !ends {
			t.Fatalf("%s is no rule", short)
		}
		_, err = client.PutBucketOwnershipControls(ctx, &s3.PutBucketOwnershipControlsInput{Bucket: bucket, ExpectedBucketOwner: owner, OwnershipControls: &s3types.OwnershipControls{
			Rules: []s3types.OwnershipControlsRule{{ObjectOwnership: s3types.ObjectOwnership(value)}},
		}})
	case "put-bucket-policy":
		_, err = client.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: bucket, ExpectedBucketOwner: owner, Policy: take("policy")})
	case "put-bucket-versioning":
		status, _ := strings.CutPrefix(*take("versioning-configuration"), "Status=")
		_, err = client.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{Bucket: bucket, ExpectedBucketOwner: owner, VersioningConfiguration: &s3types.VersioningConfiguration{
			Status: s3types.BucketVersioningStatus(status),
		}})
	default:
		t.Fatalf("s3api %s: not known here", operation)
	}
	return err
}

func onKey(ctx context.Context, client *kms.Client, operation string, key *string) (err error) {
	switch operation {
	case "enable-key-rotation":
		_, err = client.EnableKeyRotation(ctx, &kms.EnableKeyRotationInput{KeyId: key})
	case "enable-key":
		_, err = client.EnableKey(ctx, &kms.EnableKeyInput{KeyId: key})
	case "cancel-key-deletion":
		_, err = client.CancelKeyDeletion(ctx, &kms.CancelKeyDeletionInput{KeyId: key})
	default:
		err = fmt.Errorf("kms %s: not known here", operation)
	}
	return err
}

func onTrail(t *testing.T, client *cloudtrail.Client, operation string, take func(string) *string) (err error) {
	t.Helper()
	switch operation {
	case "put-event-selectors":
		var selectors []trailtypes.AdvancedEventSelector
		readStrictly(t, *take("advanced-event-selectors"), &selectors)
		_, err = client.PutEventSelectors(t.Context(), &cloudtrail.PutEventSelectorsInput{TrailName: take("trail-name"), AdvancedEventSelectors: selectors})
	case "start-logging":
		_, err = client.StartLogging(t.Context(), &cloudtrail.StartLoggingInput{Name: take("name")})
	case "update-trail":
		take("enable-log-file-validation")
		_, err = client.UpdateTrail(t.Context(), &cloudtrail.UpdateTrailInput{Name: take("name"), EnableLogFileValidation: aws.Bool(true)})
	default:
		t.Fatalf("cloudtrail %s: not known here", operation)
	}
	return err
}

// readStrictly reads JSON into what the SDK sends, with no member that it does not know.
func readStrictly(t *testing.T, text string, into any) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	sent, err := json.Marshal(into)
	if err != nil {
		t.Fatal(err)
	}
	for _, member := range regexp.MustCompile(`"\w+":`).FindAllString(text, -1) { // the AWS CLI heeds the case of names, which Go does not
		if !strings.Contains(string(sent), member) {
			t.Fatalf("%s: AWS has no %s", text, member)
		}
	}
}
