package live

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/dbxaccess/dbxaccess/internal/drift/live"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/posture"
)

// client is S3's for an account. Buckets are named in paths where S3 is elsewhere: no name of theirs resolves there.
func (r *reader) client(c caller) *s3.Client {
	options := s3.Options{
		Region: c.region, HTTPClient: r.sender(c), Retryer: aws.NopRetryer{}, Credentials: c.credentials(), DisableMultiRegionAccessPoints: true,
		EndpointOptions: s3.EndpointResolverOptions{UseFIPSEndpoint: r.fips(), UseDualStackEndpoint: r.dualStack()},
	}
	if endpoint := r.endpoints[s3Service]; endpoint != "" {
		options.BaseEndpoint, options.UsePathStyle = aws.String(endpoint), true
	}
	return s3.New(options)
}

// bucket reads a bucket, once it is known whose it is.
func (r *reader) bucket(ctx context.Context, name string) error {
	defer r.o.Progress("reading s3://" + name)()
	b := posture.Bucket{Name: name}
	var owner live.Session
	for _, session := range r.accounts.Sessions() {
		region, err := r.owns(ctx, session, name)
		if err != nil {
			return err
		}
		if region != "" {
			owner, b.Account, b.Region = session, session.Account, region
			break
		}
	}
	if b.Account == "" {
		gone, err := r.gone(ctx, name)
		if err != nil {
			return err
		}
		b.Missing = gone
		r.seen.Buckets = append(r.seen.Buckets, b)
		return nil
	}
	c := caller{owner, s3Service, b.Region}
	if err := r.configuration(ctx, c, &b); err != nil {
		return err
	}
	if err := r.points(ctx, owner, &b); err != nil {
		return err
	}
	r.seen.Buckets = append(r.seen.Buckets, b)
	if err := r.block(ctx, owner, b.Region); err != nil {
		return err
	}
	return r.regional(ctx, owner, b.Region)
}

// home is the region that an account's buckets are listed in.
func home(session live.Session) string {
	return iam.PartitionOfRole("arn:"+session.Partition+":iam::"+session.Account+":root", "").Home()
}

// owns is the region of a bucket that an account has, "" where it has none of the name. Whoever lists an account's buckets lists those
// alone that it owns.
func (r *reader) owns(ctx context.Context, session live.Session, name string) (region string, err error) {
	c := caller{session, s3Service, home(session)}
	client, owned := r.client(c), false
	err = pages(func(token *string) (*string, error) {
		input := &s3.ListBucketsInput{Prefix: aws.String(name), MaxBuckets: aws.Int32(1000), ContinuationToken: token}
		got, err := ask(ctx, c, func(ctx context.Context) (*s3.ListBucketsOutput, error) { return client.ListBuckets(ctx, input) })
		if err != nil {
			return nil, err
		}
		for _, b := range got.Buckets {
			if aws.ToString(b.Name) == name {
				owned, region = true, aws.ToString(b.BucketRegion)
				return nil, nil
			}
		}
		return got.ContinuationToken, nil
	})
	switch refused, is := errors.AsType[*refusedError](err); {
	case is:
		return r.located(ctx, c, client, name, refused)
	case err != nil || !owned:
		return "", err
	case iam.IsRegion(region):
		return region, nil
	}
	return r.located(ctx, c, client, name, nil)
}

// located asks for a bucket's region, on the condition that the account owns it. listing is why its buckets could not be listed.
func (r *reader) located(ctx context.Context, c caller, client *s3.Client, name string, listing *refusedError) (region string, err error) {
	got, err := ask(ctx, c, func(ctx context.Context) (*s3.GetBucketLocationOutput, error) {
		return client.GetBucketLocation(ctx, &s3.GetBucketLocationInput{Bucket: aws.String(name), ExpectedBucketOwner: aws.String(c.session.Account)})
	})
	refused, is := errors.AsType[*refusedError](err)
	switch {
	case err == nil && got.LocationConstraint == "EU":
		return "eu-west-1", nil
	case err == nil && got.LocationConstraint == "":
		return c.region, nil // us-east-1 has no name there
	case err == nil && iam.IsRegion(string(got.LocationConstraint)):
		return string(got.LocationConstraint), nil
	case errors.Is(err, errMissing):
		return "", nil
	case is:
		if listing != nil {
			refused = &refusedError{refused.code, "account " + c.session.Account + ": " + listing.why + "; " + refused.why}
		}
		r.refuse(name, "s3:ListAllMyBuckets or s3:GetBucketLocation", refused)
		return "", nil
	case err == nil:
		return "", fmt.Errorf("S3 says that %s is in the region %q", name, got.LocationConstraint)
	}
	return "", err
}

// gone reports whether S3 says that there is no bucket of a name, whoever's.
func (r *reader) gone(ctx context.Context, name string) (bool, error) {
	sessions := r.accounts.Sessions()
	if len(sessions) == 0 {
		return false, nil
	}
	c := caller{sessions[0], s3Service, home(sessions[0])}
	client := r.client(c)
	_, err := ask(ctx, c, func(ctx context.Context) (*s3.HeadBucketOutput, error) {
		return client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: aws.String(name)})
	})
	if _, refused := errors.AsType[*refusedError](err); refused || err == nil {
		return false, nil
	}
	if errors.Is(err, errMissing) {
		return true, nil
	}
	return false, err
}

// configuration reads how a bucket is set up.
func (r *reader) configuration(ctx context.Context, c caller, b *posture.Bucket) error {
	client, name, owner := r.client(c), aws.String(b.Name), aws.String(b.Account)
	encryption, read, err := part(ctx, r, c, b.Name, "s3:GetEncryptionConfiguration", func(ctx context.Context) (*s3.GetBucketEncryptionOutput, error) {
		return client.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: name, ExpectedBucketOwner: owner})
	})
	if err != nil {
		return err
	}
	if read {
		b.Encryption = encryptionOf(encryption)
	}
	block, read, err := part(ctx, r, c, b.Name, "s3:GetBucketPublicAccessBlock", func(ctx context.Context) (*s3.GetPublicAccessBlockOutput, error) {
		return client.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: name, ExpectedBucketOwner: owner})
	})
	if err != nil {
		return err
	}
	if read {
		b.Block = &posture.Block{}
		if block != nil && block.PublicAccessBlockConfiguration != nil {
			p := block.PublicAccessBlockConfiguration
			*b.Block = posture.Block{
				PublicACLs: aws.ToBool(p.BlockPublicAcls), IgnoreACLs: aws.ToBool(p.IgnorePublicAcls),
				PublicPolicy: aws.ToBool(p.BlockPublicPolicy), RestrictPolicy: aws.ToBool(p.RestrictPublicBuckets),
			}
		}
	}
	if err := r.access(ctx, c, client, b); err != nil {
		return err
	}
	versioning, read, err := part(ctx, r, c, b.Name, "s3:GetBucketVersioning", func(ctx context.Context) (*s3.GetBucketVersioningOutput, error) {
		return client.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: name, ExpectedBucketOwner: owner})
	})
	if err == nil && read && versioning != nil {
		b.Versioning = aws.String(string(versioning.Status))
	}
	return err
}

func encryptionOf(out *s3.GetBucketEncryptionOutput) *posture.Encryption {
	found := &posture.Encryption{}
	if out == nil || out.ServerSideEncryptionConfiguration == nil {
		return found
	}
	for _, rule := range out.ServerSideEncryptionConfiguration.Rules {
		if by := rule.ApplyServerSideEncryptionByDefault; by != nil {
			found.Algorithm, found.Key = string(by.SSEAlgorithm), aws.ToString(by.KMSMasterKeyID)
			found.BucketKey = aws.ToBool(rule.BucketKeyEnabled)
		}
	}
	return found
}

// access reads who is let in: ownership, access control list, policy.
func (r *reader) access(ctx context.Context, c caller, client *s3.Client, b *posture.Bucket) error {
	name, owner := aws.String(b.Name), aws.String(b.Account)
	ownership, read, err := part(ctx, r, c, b.Name, "s3:GetBucketOwnershipControls", func(ctx context.Context) (*s3.GetBucketOwnershipControlsOutput, error) {
		return client.GetBucketOwnershipControls(ctx, &s3.GetBucketOwnershipControlsInput{Bucket: name, ExpectedBucketOwner: owner})
	})
	if err != nil {
		return err
	}
	if read {
		is := types.ObjectOwnershipObjectWriter // what holds where nothing is set
		if ownership != nil && ownership.OwnershipControls != nil && len(ownership.OwnershipControls.Rules) > 0 {
			is = ownership.OwnershipControls.Rules[0].ObjectOwnership
		}
		b.Ownership = aws.String(string(is))
	}
	acl, _, err := part(ctx, r, c, b.Name, "s3:GetBucketAcl", func(ctx context.Context) (*s3.GetBucketAclOutput, error) {
		return client.GetBucketAcl(ctx, &s3.GetBucketAclInput{Bucket: name, ExpectedBucketOwner: owner})
	})
	if err != nil {
		return err
	}
	if acl != nil {
		b.ACL = grantsOf(acl)
	}
	policy, read, err := part(ctx, r, c, b.Name, "s3:GetBucketPolicy", func(ctx context.Context) (*s3.GetBucketPolicyOutput, error) {
		return client.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: name, ExpectedBucketOwner: owner})
	})
	if err != nil {
		return err
	}
	if read {
		b.Policy = aws.String("")
		if policy != nil {
			b.Policy = aws.String(aws.ToString(policy.Policy))
		}
	}
	status, read, err := part(ctx, r, c, b.Name, "s3:GetBucketPolicyStatus", func(ctx context.Context) (*s3.GetBucketPolicyStatusOutput, error) {
		return client.GetBucketPolicyStatus(ctx, &s3.GetBucketPolicyStatusInput{Bucket: name, ExpectedBucketOwner: owner})
	})
	if err == nil && read {
		b.Public = aws.Bool(status != nil && status.PolicyStatus != nil && aws.ToBool(status.PolicyStatus.IsPublic))
	}
	return err
}

func grantsOf(acl *s3.GetBucketAclOutput) (all []posture.ACLGrant) {
	owner := ""
	if acl.Owner != nil {
		owner = aws.ToString(acl.Owner.ID)
	}
	for _, g := range acl.Grants {
		if g.Grantee == nil {
			continue
		}
		all = append(all, posture.ACLGrant{
			Grantee: cmp.Or(aws.ToString(g.Grantee.URI), aws.ToString(g.Grantee.ID), aws.ToString(g.Grantee.EmailAddress)),
			Group:   g.Grantee.Type == types.TypeGroup, Permission: strings.ToUpper(string(g.Permission)),
			Owner: owner != "" && aws.ToString(g.Grantee.ID) == owner,
		})
	}
	return all
}
