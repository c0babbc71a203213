package console

import (
	"net/url"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Target is what the console shows first. The zero value is its home page, in the role's own region.
type Target struct {
	Region  string // another one than the role's; "" for that
	Service string // as the console's addresses name it: s3, athena; "" for none
	Bucket  string // of S3, in place of a service
	Prefix  string // in the bucket, with its slash at the end; "" for all of it
}

// Services are those that completion offers: what people who work with data open. Any other word is taken as it is, since AWS names
// new ones every month.
func Services() []string {
	return []string{
		"athena", "bedrock", "cloudtrail", "cloudwatch", "dynamodbv2", "ec2", "ecr", "emr", "glue", "iam", "kms", "lakeformation", "lambda",
		"redshiftv2", "s3", "sagemaker", "secretsmanager", "states",
	}
}

// isService reports whether a name is a word of an address's path, which leads to no other host and to no other path than its own.
func isService(name string) bool {
	return len(name) <= 40 && ui.IsPlain(name, "-") && name == strings.ToLower(name) && name == strings.Trim(name, "-")
}

// Check is an error, with the code Usage, for what is no target of a role's console. roleARN and region are the role's, as in Page.
func (t Target) Check(roleARN, region string) error {
	switch {
	case t.Service != "" && !isService(t.Service):
		return ui.Errorf("console-service-invalid", ui.Usage, "%s is no service's name", ui.Named(ui.Cut(t.Service, maxShown))).
			With(ui.Advice("it is the word behind the host in the console's address, as in --service athena"))
	case t.Region != "" && !iam.IsRegion(t.Region):
		return ui.Errorf("console-region-invalid", ui.Usage, "%s is no region's name", ui.Named(ui.Cut(t.Region, maxShown))).
			With(ui.Advice("as in --region eu-west-1"))
	case t.Region != "" && iam.PartitionOf(t.Region).Name != iam.PartitionOfRole(roleARN, region).Name:
		return ui.Errorf("console-region-elsewhere", ui.Usage, "the region %s is in the partition %s, where the role has no console",
			t.Region, iam.PartitionOf(t.Region).Name).With(ui.Advice("name a region of " + iam.PartitionOfRole(roleARN, region).Name))
	}
	return nil
}

// maxShown bounds what is repeated of a name, in runes.
const maxShown = 80

// address is that of the target at a console's host, which is the host whatever the target's names are.
func (t Target) address(host, region string) string {
	u := url.URL{Scheme: "https", Host: host, Path: "/console/home"}
	q := url.Values{"region": {region}}
	switch {
	case t.Bucket != "":
		u.Path = "/s3/buckets/" + t.Bucket
		u.RawPath = "/s3/buckets/" + url.PathEscape(t.Bucket)
		if t.Prefix != "" {
			q.Set("prefix", t.Prefix)
		}
	case t.Service != "":
		u.Path = "/" + t.Service + "/home"
	}
	u.RawQuery = q.Encode()
	return u.String()
}
