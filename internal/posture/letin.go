package posture

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/iam/admit"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// govern is what is more than a verb of the map: to change who may come in.
const govern = "change who may come in"

// questions are what a bucket, or an access point, is asked for at a place.
func questions(bucket, objects string) []admit.Question {
	object := objects + "dbxaccess-example"
	return []admit.Question{
		{Verb: accessmap.Read, Action: "s3:GetObject", Resource: object},
		{Verb: accessmap.Read, Action: "s3:GetObjectVersion", Resource: object},
		{Verb: accessmap.Write, Action: "s3:PutObject", Resource: object},
		{Verb: accessmap.Delete, Action: "s3:DeleteObject", Resource: object},
		{Verb: accessmap.Delete, Action: "s3:DeleteObjectVersion", Resource: object},
		{Verb: govern, Action: "s3:PutBucketPolicy", Resource: bucket},
		{Verb: govern, Action: "s3:PutObjectAcl", Resource: object},
	}
}

// open looks at whom the bucket's policy lets in at a place, and whether anything blocks it.
func (c *comparison) open(b *Bucket, of about, l accessmap.Location) {
	blocked, known := c.blocked(b, of)
	if b.Policy == nil {
		return
	}
	openings, err := admit.Openings(*b.Policy, b.Account, questions(bucketARN(b), objectsARN(b, l)), c.now)
	if err != nil {
		c.find(notSeen, of, ui.Advice("look at the bucket's policy by hand"), "can't be seen: its policy is not understood: %s", err)
		return
	}
	public := b.Public != nil && *b.Public
	if public && (!known || !blocked.RestrictPolicy) {
		c.find("posture-public", of, blockAll(b), "S3 says that the bucket's policy makes it public, and nothing blocks that for certain")
	}
	if public && known && blocked.RestrictPolicy { // which lets in nobody but the bucket's own account by such a policy
		held := len(openings)
		openings = slices.DeleteFunc(openings, func(o admit.Opening) bool { return o.Kind == admit.Everybody })
		if held > len(openings) {
			c.find("posture-block", of, ui.Advice("take everybody out of the bucket's policy"), "the bucket's policy lets in everybody, and nothing but the public access block holds that off")
		}
	}
	c.letIn("posture-let-in", openings, of, "the bucket's policy", c.beyondMap)
}

// beyondMap are the verbs of an opening that the map does not give.
func (c *comparison) beyondMap(o admit.Opening) []string {
	if o.Kind != admit.Principal {
		return o.Verbs
	}
	left, _ := c.beyond(o.Who, o.Verbs)
	return left
}

// letIn adds findings for openings by which somebody is let in beside the map.
func (c *comparison) letIn(id ui.ID, openings []admit.Opening, of about, by string, beyond func(admit.Opening) []string) {
	for _, o := range openings {
		verbs := beyond(o)
		if len(verbs) == 0 {
			continue
		}
		statement := fmt.Sprintf("statement %d of %s", o.Statement, by)
		if o.Sid != "" {
			statement = fmt.Sprintf("statement %d (%s) of %s", o.Statement, o.Sid, by)
		}
		where := ""
		for _, key := range slices.Sorted(maps.Keys(o.Where)) {
			where += fmt.Sprintf(", where %s is %q", key, strings.Join(o.Where[key], ", "))
		}
		perhaps := ""
		if !o.Sure {
			perhaps = "perhaps "
		}
		fix := ui.Advice("take it out of " + statement + ", or give it a role with dataset " + c.dataset.Name + " in the map")
		if o.Kind == admit.Service {
			c.service(o, of, statement, where)
			continue
		}
		c.find(id, of, fix, "%s may %s%s, which the map does not give: by %s%s", who(o, of), perhaps, ui.And(verbs), statement, where)
	}
}

// service tells of a service of AWS. That nothing says for whom it acts is worse.
func (c *comparison) service(o admit.Opening, of about, statement, where string) {
	bound := slices.ContainsFunc(slices.Collect(maps.Keys(o.Where)), func(key string) bool {
		return strings.HasPrefix(strings.ToLower(key), "aws:source")
	})
	severity := kindOf("posture-service").severity(c.dataset.Sensitivity)
	fix := ui.Advice("if it is meant, leave it; else take it out of " + statement)
	if !bound {
		if severity != none && c.sensitive() {
			severity = Medium
		}
		fix = ui.Advice("give " + statement + " a condition on aws:SourceAccount or aws:SourceArn")
	}
	c.as(severity, "posture-service", of, fix, "the service %s may %s by %s%s", o.Who, ui.And(o.Verbs), statement, where)
}

func (c *comparison) sensitive() bool {
	return accessmap.Rank(c.dataset.Sensitivity) >= accessmap.Rank(accessmap.Confidential)
}

func who(o admit.Opening, of about) string {
	switch o.Kind {
	case admit.Everybody:
		return "everybody"
	case admit.Account:
		if o.Who == of.account {
			return "every principal of its own account " + o.Who + ", whatever IAM says,"
		}
		return "whom account " + o.Who + " lets"
	case admit.Pattern:
		return "whose ARN is like " + o.Who
	case admit.Foreign:
		return "the user or provider " + o.Who
	}
	return o.Who
}

// blocked is what blocks public access, by the bucket or its account; known unless a part was not read.
func (c *comparison) blocked(b *Bucket, of about) (block Block, known bool) {
	account, read := c.seen.block(b.Account)
	if !read {
		c.unseen(about{b.Account, b.Account, ""}, b.Account)
	}
	if b.Block != nil {
		block = *b.Block
	}
	block, known = block.Or(account), read && b.Block != nil
	if known && block != (Block{true, true, true, true}) {
		var lacking []string
		for _, one := range []struct {
			name string
			is   bool
		}{
			{"BlockPublicAcls", block.PublicACLs}, {"IgnorePublicAcls", block.IgnoreACLs}, {"BlockPublicPolicy", block.PublicPolicy}, {"RestrictPublicBuckets", block.RestrictPolicy},
		} {
			if !one.is {
				lacking = append(lacking, one.name)
			}
		}
		c.find("posture-block", of, blockAll(b), "neither the bucket nor account %s has %s", b.Account, ui.And(lacking))
	}
	return block, known
}

func blockAll(b *Bucket) ui.Fix {
	return ui.Command("aws s3api put-public-access-block" + bucketOption(b) +
		" --public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true")
}

// acl looks at access control lists, where they are in force.
func (c *comparison) acl(b *Bucket, of about) {
	if b.Ownership == nil || *b.Ownership == "BucketOwnerEnforced" {
		return
	}
	fix := ui.Command("aws s3api put-bucket-ownership-controls" + bucketOption(b) + " --ownership-controls 'Rules=[{ObjectOwnership=BucketOwnerEnforced}]'")
	c.find("posture-acl", of, fix, "access control lists are in force: object ownership is %s", *b.Ownership)
	account, _ := c.seen.block(b.Account)
	ignored := b.Block != nil && b.Block.Or(account).IgnoreACLs
	for _, g := range b.ACL {
		switch {
		case g.Owner || g.Group && strings.HasSuffix(g.Grantee, "/s3/LogDelivery"):
		case g.Group && strings.Contains(g.Grantee, "/global/"):
			if !ignored {
				c.find("posture-public", of, fix, "the bucket's access control list gives %s %s", g.Grantee, g.Permission)
			}
		default:
			c.find("posture-let-in", of, fix, "%s has %s by the bucket's access control list, which the map does not give", g.Grantee, g.Permission)
		}
	}
}
