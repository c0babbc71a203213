package live

import (
	"context"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
	smithy "github.com/aws/smithy-go"
	smithyauth "github.com/aws/smithy-go/auth"
	smithyendpoints "github.com/aws/smithy-go/endpoints"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/dbxaccess/dbxaccess/internal/drift"
	"github.com/dbxaccess/dbxaccess/internal/drift/live"
	"github.com/dbxaccess/dbxaccess/internal/posture"
)

// moved is where S3 Control is in place of AWS's own: there, an account's number is no part of the host's name.
type moved struct{ address, region string }

// ResolveEndpoint is that of s3control.EndpointResolverV2.
func (m moved) ResolveEndpoint(context.Context, s3control.EndpointParameters) (smithyendpoints.Endpoint, error) {
	address, err := url.Parse(m.address)
	if err != nil {
		return smithyendpoints.Endpoint{}, err
	}
	var properties, signer smithy.Properties
	smithyhttp.SetSigV4SigningName(&signer, "s3")
	smithyhttp.SetSigV4SigningRegion(&signer, m.region)
	smithyhttp.SetDisableDoubleEncoding(&signer, true)
	smithyauth.SetAuthOptions(&properties, []*smithyauth.Option{{SchemeID: "aws.auth#sigv4", SignerProperties: signer}})
	return smithyendpoints.Endpoint{URI: *address, Properties: properties}, nil
}

func (r *reader) control(c caller) *s3control.Client {
	options := s3control.Options{
		Region: c.region, HTTPClient: r.sender(c), Retryer: aws.NopRetryer{}, Credentials: c.credentials(),
		EndpointOptions: s3control.EndpointResolverOptions{UseFIPSEndpoint: r.fips(), UseDualStackEndpoint: r.dualStack()},
	}
	if endpoint := r.endpoints[controlService]; endpoint != "" {
		options.EndpointResolverV2 = moved{endpoint, c.region}
	}
	return s3control.New(options)
}

// block reads what an account blocks of public access for all its buckets.
func (r *reader) block(ctx context.Context, session live.Session, region string) error {
	if r.blocks[session.Account] {
		return nil
	}
	r.blocks[session.Account] = true
	c := caller{session, controlService, region}
	client := r.control(c)
	got, read, err := part(ctx, r, c, session.Account, "s3:GetAccountPublicAccessBlock", func(ctx context.Context) (*s3control.GetPublicAccessBlockOutput, error) {
		return client.GetPublicAccessBlock(ctx, &s3control.GetPublicAccessBlockInput{AccountId: aws.String(session.Account)})
	})
	if err != nil || !read {
		return err
	}
	found := posture.AccountBlock{Account: session.Account}
	if got != nil && got.PublicAccessBlockConfiguration != nil {
		p := got.PublicAccessBlockConfiguration
		found.Block = posture.Block{
			PublicACLs: aws.ToBool(p.BlockPublicAcls), IgnoreACLs: aws.ToBool(p.IgnorePublicAcls),
			PublicPolicy: aws.ToBool(p.BlockPublicPolicy), RestrictPolicy: aws.ToBool(p.RestrictPublicBuckets),
		}
	}
	r.seen.Blocks = append(r.seen.Blocks, found)
	return nil
}

// points reads the access points of a bucket that its own account has. Those of other accounts are not listed to it.
func (r *reader) points(ctx context.Context, session live.Session, b *posture.Bucket) error {
	const action = "s3:ListAccessPoints"
	c := caller{session, controlService, b.Region}
	client := r.control(c)
	return r.list(b.Name, action, func(token *string) (*string, error) {
		input := &s3control.ListAccessPointsInput{AccountId: aws.String(session.Account), Bucket: aws.String(b.Name), NextToken: token}
		got, read, err := part(ctx, r, c, b.Name, action, func(ctx context.Context) (*s3control.ListAccessPointsOutput, error) {
			return client.ListAccessPoints(ctx, input)
		})
		if err != nil || !read || got == nil {
			return nil, err
		}
		for _, p := range got.AccessPointList {
			point := posture.AccessPoint{Name: aws.ToString(p.Name), Account: session.Account}
			point.ARN = "arn:" + session.Partition + ":s3:" + b.Region + ":" + session.Account + ":accesspoint/" + point.Name
			if p.VpcConfiguration != nil {
				point.VPC = aws.ToString(p.VpcConfiguration.VpcId)
			}
			if err := r.point(ctx, c, client, &point); err != nil {
				return nil, err
			}
			b.Points = append(b.Points, point)
		}
		return got.NextToken, nil
	})
}

// point reads what an access point blocks, and its policy.
func (r *reader) point(ctx context.Context, c caller, client *s3control.Client, p *posture.AccessPoint) error {
	account, name := aws.String(c.session.Account), aws.String(p.Name)
	about, read, err := part(ctx, r, c, p.ARN, "s3:GetAccessPoint", func(ctx context.Context) (*s3control.GetAccessPointOutput, error) {
		return client.GetAccessPoint(ctx, &s3control.GetAccessPointInput{AccountId: account, Name: name})
	})
	if err != nil {
		return err
	}
	if read && about != nil && about.PublicAccessBlockConfiguration != nil {
		b := about.PublicAccessBlockConfiguration
		p.Block = &posture.Block{
			PublicACLs: aws.ToBool(b.BlockPublicAcls), IgnoreACLs: aws.ToBool(b.IgnorePublicAcls),
			PublicPolicy: aws.ToBool(b.BlockPublicPolicy), RestrictPolicy: aws.ToBool(b.RestrictPublicBuckets),
		}
	}
	policy, read, err := part(ctx, r, c, p.ARN, "s3:GetAccessPointPolicy", func(ctx context.Context) (*s3control.GetAccessPointPolicyOutput, error) {
		return client.GetAccessPointPolicy(ctx, &s3control.GetAccessPointPolicyInput{AccountId: account, Name: name})
	})
	if err == nil && read {
		p.Policy = aws.String("")
		if policy != nil {
			p.Policy = aws.String(aws.ToString(policy.Policy))
		}
	}
	return err
}

// grants reads S3 Access Grants of an account in a region.
func (r *reader) grants(ctx context.Context, session live.Session, region string) error {
	found, unread, err := r.accounts.Grants(ctx, []drift.Instance{{Account: session.Account, Region: region}})
	if err != nil {
		return err
	}
	for _, g := range found {
		r.seen.Grants = append(r.seen.Grants, posture.Grant{
			ID: g.ID, Account: g.Account, Region: g.Region, Scope: g.Scope, Permission: g.Permission, GranteeType: g.GranteeType, Grantee: g.Grantee,
		})
	}
	for _, u := range unread {
		r.refuse(posture.Regional(session.Account, region), "s3:ListAccessGrants", &refusedError{"", u.Why})
	}
	return nil
}
