package posture

import (
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/iam/admit"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// beside looks at the ways to a place that pass by the bucket's own policy: access points, S3 Access Grants, Lake Formation.
func (c *comparison) beside(b *Bucket, of about, l accessmap.Location) {
	c.unseen(about{b.Account, b.Account, b.Region}, Regional(b.Account, b.Region))
	for _, p := range b.Points {
		c.accessPoint(b, p, of)
	}
	for _, g := range c.seen.Grants {
		if g.Account == b.Account && g.Region == b.Region && meets(strings.TrimPrefix(g.Scope, "s3://"), l) {
			c.grant(g, of)
		}
	}
	for _, lake := range c.seen.Lakes {
		_, path, _ := strings.Cut(lake.ARN, ":s3:::")
		if lake.Account != b.Account || lake.Region != b.Region || !meets(strings.TrimSuffix(path, "/*")+"/*", l) {
			continue
		}
		how := "Lake Formation alone decides about its tables there"
		if lake.Hybrid {
			how = "in hybrid mode"
		}
		c.find("posture-lake-formation", about{lake.ARN, lake.Account, lake.Region},
			append(ui.Advice("see whom it lets at the place's tables:"), ui.Command("aws lakeformation list-permissions --resource-type TABLE"+option("region", lake.Region))...),
			"the place is registered with Lake Formation, which reads it as %s: %s", lake.Role, how)
	}
}

// meets reports whether a scope, as in bucket/prefix*, and a place have something in common.
func meets(scope string, l accessmap.Location) bool {
	begins, _, _ := strings.Cut(scope, "*")
	at := l.Bucket + "/" + l.Prefix
	return strings.HasPrefix(at, begins) || strings.HasPrefix(begins, at)
}

// accessPoint looks at whom the policy of an access point lets in. It gives nothing that the bucket's policy does not, except where
// that hands on to access points.
func (c *comparison) accessPoint(b *Bucket, p AccessPoint, bucket about) {
	of := about{p.ARN, p.Account, bucket.region}
	c.unseen(of, p.ARN)
	if p.Policy == nil {
		return
	}
	objects := p.ARN + "/object/"
	var openings []admit.Opening
	for _, l := range c.dataset.Locations {
		if l.Bucket != b.Name {
			continue
		}
		asked := questions(p.ARN, objects+l.Prefix)
		asked = slices.DeleteFunc(asked, func(q admit.Question) bool { return q.Verb == govern && q.Resource == p.ARN })
		found, err := admit.Openings(*p.Policy, p.Account, asked, c.now)
		if err != nil {
			c.find(notSeen, of, ui.Advice("look at the access point's policy by hand"), "can't be seen: its policy is not understood: %s", err)
			return
		}
		openings = append(openings, found...)
	}
	c.letIn("posture-let-in", openings, of, "the access point's policy", c.beyondMap)
	everybody := slices.ContainsFunc(openings, func(o admit.Opening) bool { return o.Kind == admit.Everybody && len(o.Where) == 0 && o.Sure })
	if everybody && p.VPC == "" && (p.Block == nil || !p.Block.RestrictPolicy) {
		c.find("posture-public", of, ui.Command("aws s3control delete-access-point-policy"+option("account-id", p.Account)+option("name", p.Name)+option("region", of.region)),
			"the access point %s lets in everybody, from everywhere", p.Name)
	}
}

// grant looks at one of S3 Access Grants on a place.
func (c *comparison) grant(g Grant, of about) {
	verbs := accessmap.Verbs()
	switch g.Permission {
	case "READ":
		verbs = []string{accessmap.Read}
	case "WRITE": // https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-grants-grant.html
		verbs = []string{accessmap.Write, accessmap.Delete}
	}
	left := verbs
	if g.GranteeType == "IAM" {
		left, _ = c.beyond(g.Grantee, verbs)
	}
	if len(left) == 0 {
		return
	}
	who := g.Grantee
	switch g.GranteeType {
	case "DIRECTORY_USER":
		who = "the directory's user " + who
	case "DIRECTORY_GROUP":
		who = "the directory's group " + who
	}
	c.find("posture-access-grant", of,
		ui.Command("aws s3control delete-access-grant"+option("account-id", g.Account)+option("region", g.Region)+option("access-grant-id", g.ID)),
		"%s may %s by S3 Access Grants (%s on %s), which the map does not give", who, ui.And(left), g.Permission, g.Scope)
}
