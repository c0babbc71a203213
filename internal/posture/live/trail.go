package live

import (
	"cmp"
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/lakeformation"

	"github.com/dbxaccess/dbxaccess/internal/drift/live"
	"github.com/dbxaccess/dbxaccess/internal/posture"
)

// regional reads, once, what an account has in the region of a bucket: trails, S3 Access Grants, places of Lake Formation.
func (r *reader) regional(ctx context.Context, session live.Session, region string) error {
	name := posture.Regional(session.Account, region)
	if r.regions[name] {
		return nil
	}
	r.regions[name] = true
	defer r.o.Progress("reading account " + name)()
	if err := r.trails(ctx, session, region); err != nil {
		return err
	}
	if err := r.grants(ctx, session, region); err != nil {
		return err
	}
	return r.lakes(ctx, session, region)
}

// trails reads the trails that work in a region: those of other regions and of the organisation have shadows there.
func (r *reader) trails(ctx context.Context, session live.Session, region string) error {
	c := caller{session, trailService, region}
	options := cloudtrail.Options{
		Region: region, HTTPClient: r.sender(c), Retryer: aws.NopRetryer{}, Credentials: c.credentials(),
		EndpointOptions: cloudtrail.EndpointResolverOptions{UseFIPSEndpoint: r.fips(), UseDualStackEndpoint: r.dualStack()},
	}
	if endpoint := r.endpoints[trailService]; endpoint != "" {
		options.BaseEndpoint = aws.String(endpoint)
	}
	client := cloudtrail.New(options)
	got, read, err := part(ctx, r, c, posture.Regional(session.Account, region), "cloudtrail:DescribeTrails", func(ctx context.Context) (*cloudtrail.DescribeTrailsOutput, error) {
		return client.DescribeTrails(ctx, &cloudtrail.DescribeTrailsInput{IncludeShadowTrails: aws.Bool(true)})
	})
	if err != nil || !read || got == nil {
		return err
	}
	for _, t := range got.TrailList {
		trail := posture.Trail{
			ARN: aws.ToString(t.TrailARN), Account: session.Account, Region: region, Home: cmp.Or(aws.ToString(t.HomeRegion), region),
			Validated: aws.ToBool(t.LogFileValidationEnabled),
		}
		if err := r.trail(ctx, c, client, &trail); err != nil {
			return err
		}
		r.seen.Trails = append(r.seen.Trails, trail)
	}
	return nil
}

// trail reads whether a trail logs, and what.
func (r *reader) trail(ctx context.Context, c caller, client *cloudtrail.Client, t *posture.Trail) error {
	status, read, err := part(ctx, r, c, t.ARN, "cloudtrail:GetTrailStatus", func(ctx context.Context) (*cloudtrail.GetTrailStatusOutput, error) {
		return client.GetTrailStatus(ctx, &cloudtrail.GetTrailStatusInput{Name: aws.String(t.ARN)})
	})
	if err != nil {
		return err
	}
	if read && status != nil {
		t.Logging, t.Failing = aws.ToBool(status.IsLogging), aws.ToString(status.LatestDeliveryError)
	}
	selectors, seen, err := part(ctx, r, c, t.ARN, "cloudtrail:GetEventSelectors", func(ctx context.Context) (*cloudtrail.GetEventSelectorsOutput, error) {
		return client.GetEventSelectors(ctx, &cloudtrail.GetEventSelectorsInput{TrailName: aws.String(t.ARN)})
	})
	if err != nil || !read || !seen || selectors == nil {
		return err // whose selectors count for nothing without its status
	}
	t.Selectors, t.Classic = []posture.Selector{}, []posture.ClassicSelector{}
	for _, s := range selectors.AdvancedEventSelectors {
		t.Selectors = append(t.Selectors, selectorOf(s))
	}
	for _, s := range selectors.EventSelectors {
		classic := posture.ClassicSelector{
			ReadWrite: string(s.ReadWriteType), Management: aws.ToBool(s.IncludeManagementEvents), Excluded: s.ExcludeManagementEventSources, Data: map[string][]string{},
		}
		for _, d := range s.DataResources {
			classic.Data[aws.ToString(d.Type)] = append(classic.Data[aws.ToString(d.Type)], d.Values...)
		}
		t.Classic = append(t.Classic, classic)
	}
	return nil
}

func selectorOf(s types.AdvancedEventSelector) posture.Selector {
	found := posture.Selector{Name: aws.ToString(s.Name)}
	for _, f := range s.FieldSelectors {
		found.Fields = append(found.Fields, posture.Field{
			Name: aws.ToString(f.Field), Equals: f.Equals, StartsWith: f.StartsWith, EndsWith: f.EndsWith,
			NotEquals: f.NotEquals, NotStartsWith: f.NotStartsWith, NotEndsWith: f.NotEndsWith,
		})
	}
	return found
}

// lakes reads the places that are registered with Lake Formation.
func (r *reader) lakes(ctx context.Context, session live.Session, region string) error {
	c := caller{session, lakeService, region}
	options := lakeformation.Options{
		Region: region, HTTPClient: r.sender(c), Retryer: aws.NopRetryer{}, Credentials: c.credentials(),
		EndpointOptions: lakeformation.EndpointResolverOptions{UseFIPSEndpoint: r.fips(), UseDualStackEndpoint: r.dualStack()},
	}
	if endpoint := r.endpoints[lakeService]; endpoint != "" {
		options.BaseEndpoint = aws.String(endpoint)
	}
	const action = "lakeformation:ListResources"
	client, of := lakeformation.New(options), posture.Regional(session.Account, region)
	return r.list(of, action, func(token *string) (*string, error) {
		got, read, err := part(ctx, r, c, of, action, func(ctx context.Context) (*lakeformation.ListResourcesOutput, error) {
			return client.ListResources(ctx, &lakeformation.ListResourcesInput{NextToken: token})
		})
		if err != nil || !read || got == nil {
			return nil, err
		}
		for _, l := range got.ResourceInfoList {
			r.seen.Lakes = append(r.seen.Lakes, posture.Lake{
				Account: session.Account, Region: region, ARN: aws.ToString(l.ResourceArn), Role: aws.ToString(l.RoleArn), Hybrid: aws.ToBool(l.HybridAccessEnabled),
			})
		}
		return got.NextToken, nil
	})
}
