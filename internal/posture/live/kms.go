package live

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/dbxaccess/dbxaccess/internal/posture"
)

// key reads a key in its own account and region. Of one in an account that is not open, nothing is read, which posture.Compare tells.
func (r *reader) key(ctx context.Context, arn string) error {
	parts := strings.SplitN(arn, ":", 6)
	for _, session := range r.accounts.Sessions() {
		if session.Account != parts[4] {
			continue
		}
		defer r.o.Progress("reading " + arn)()
		c := caller{session, kmsService, parts[3]}
		options := kms.Options{
			Region: c.region, HTTPClient: r.sender(c), Retryer: aws.NopRetryer{}, Credentials: c.credentials(),
			EndpointOptions: kms.EndpointResolverOptions{UseFIPSEndpoint: r.fips(), UseDualStackEndpoint: r.dualStack()},
		}
		if endpoint := r.endpoints[kmsService]; endpoint != "" {
			options.BaseEndpoint = aws.String(endpoint)
		}
		return r.keyOf(ctx, c, kms.New(options), arn)
	}
	return nil
}

func (r *reader) keyOf(ctx context.Context, c caller, client *kms.Client, arn string) error {
	id := aws.String(arn)
	about, err := ask(ctx, c, func(ctx context.Context) (*kms.DescribeKeyOutput, error) {
		return client.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: id})
	})
	k := posture.Key{ARN: arn}
	refused, is := errors.AsType[*refusedError](err)
	switch {
	case errors.Is(err, errMissing):
		k.Missing = true
		r.seen.Keys = append(r.seen.Keys, k)
		return nil
	case is:
		r.refuse(arn, "kms:DescribeKey", refused)
	case err != nil:
		return err
	case about.KeyMetadata != nil:
		m := about.KeyMetadata
		k.State, k.AWSOwned = string(m.KeyState), m.KeyManager == types.KeyManagerTypeAws
		k.Rotatable = m.Origin == types.OriginTypeAwsKms && m.KeySpec == types.KeySpecSymmetricDefault
		if m.DeletionDate != nil {
			k.Deletion = *m.DeletionDate
		}
	}
	if err := r.rotation(ctx, c, client, &k, err == nil); err != nil {
		return err
	}
	policy, read, err := part(ctx, r, c, arn, "kms:GetKeyPolicy", func(ctx context.Context) (*kms.GetKeyPolicyOutput, error) {
		return client.GetKeyPolicy(ctx, &kms.GetKeyPolicyInput{KeyId: id, PolicyName: aws.String("default")})
	})
	if err != nil {
		return err
	}
	if read && policy != nil {
		k.Policy = aws.String(aws.ToString(policy.Policy))
	}
	r.seen.Keys = append(r.seen.Keys, k)
	return nil
}

// rotation asks whether a key rotates; of one that can't, KMS would answer with a refusal.
func (r *reader) rotation(ctx context.Context, c caller, client *kms.Client, k *posture.Key, described bool) error {
	if described && !k.Rotatable {
		k.Rotates = aws.Bool(false)
		return nil
	}
	got, read, err := part(ctx, r, c, k.ARN, "kms:GetKeyRotationStatus", func(ctx context.Context) (*kms.GetKeyRotationStatusOutput, error) {
		return client.GetKeyRotationStatus(ctx, &kms.GetKeyRotationStatusInput{KeyId: aws.String(k.ARN)})
	})
	if err == nil && read && got != nil {
		k.Rotates = aws.Bool(got.KeyRotationEnabled)
		k.Rotatable = k.Rotatable || !described
	}
	return err
}
