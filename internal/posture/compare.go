package posture

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Compare finds where what was seen is not as the map intends it for some of its datasets, the worst first. now is the time at
// which policies are judged; file is that of the map where it is not the one in use, for the commands of fixes.
func Compare(m *accessmap.Map, file string, datasets []string, seen *Seen, now time.Time) []Finding {
	var comparisons []*comparison
	for _, name := range datasets {
		c := &comparison{m: m, file: file, seen: seen, now: now, dataset: m.Datasets[name]}
		c.key()
		for _, place := range c.dataset.Locations {
			c.place(place)
		}
		comparisons = append(comparisons, c)
	}
	logUnlogged(comparisons)
	var all []Finding
	for _, c := range comparisons {
		all = append(all, c.findings...)
	}
	return sorted(all)
}

// comparison is that of one dataset.
type comparison struct {
	m        *accessmap.Map
	file     string
	seen     *Seen
	now      time.Time
	dataset  *accessmap.Dataset
	findings []Finding
	unlogged []unlogged
}

// about is what a finding is about.
type about struct{ resource, account, region string }

// find adds a finding, unless it is none for data of this sensitivity.
func (c *comparison) find(id ui.ID, of about, fix ui.Fix, format string, args ...any) {
	k := kindOf(id)
	c.as(k.severity(c.dataset.Sensitivity), id, of, fix, format, args...)
}

// as is find with a severity of the caller's.
func (c *comparison) as(severity Severity, id ui.ID, of about, fix ui.Fix, format string, args ...any) {
	if severity == none {
		return
	}
	c.findings = append(c.findings, Finding{
		ID: id, Severity: severity, Datasets: []string{c.dataset.Name}, Sensitivity: c.dataset.Sensitivity,
		Resource: ui.Clean(of.resource), Account: ui.Clean(of.account), Region: ui.Clean(of.region),
		What: ui.Clean(fmt.Sprintf(format, args...)), Why: kindOf(id).Why, Fix: fix.Clean(),
	})
}

// unseen adds what could not be read of something.
func (c *comparison) unseen(of about, name string) {
	for _, r := range c.seen.Unread {
		if r.Of == name {
			c.find(notSeen, of, ui.Advice("let the one who reads call "+r.Action+" in account "+of.account+", and ask again"),
				"can't be seen: needs %s: %s", r.Action, r.Why)
		}
	}
}

// place is one of the dataset's.
func (c *comparison) place(l accessmap.Location) {
	b := c.seen.bucket(l.Bucket)
	switch {
	case b == nil:
		c.find(notSeen, about{resource: "s3://" + l.Bucket}, ui.Advice("ask again"), "can't be seen: nothing was read of the bucket")
		return
	case b.Missing:
		c.find("posture-bucket-missing", about{resource: bucketARN(b)}, ui.Advice("make the bucket, or take the place out of dataset "+c.dataset.Name+" of the map"),
			"there is no bucket of this name: who makes one, in any account, has what is written to %s", l)
		return
	case b.Account == "":
		c.elsewhere(b)
		return
	}
	of := about{bucketARN(b), b.Account, b.Region}
	c.unseen(of, b.Name)
	c.encryption(b, of)
	c.open(b, of, l)
	c.acl(b, of)
	c.transport(b, of)
	c.versioning(b, of)
	c.beside(b, of, l)
	c.logged(b, of, l)
}

// elsewhere tells of a bucket that is in none of the accounts that were read.
func (c *comparison) elsewhere(b *Bucket) {
	text := "can't be seen: the bucket is in none of the accounts that were read (" + ui.Listed(c.seen.Accounts) + ")"
	for _, r := range c.seen.Shut {
		text += "; account " + r.Of + ": " + r.Why
	}
	for _, r := range c.seen.Unread {
		if r.Of == b.Name {
			text += "; needs " + r.Action + ": " + r.Why
		}
	}
	c.find(notSeen, about{resource: bucketARN(b)}, ui.Advice("give credentials of the bucket's account: --profile PROFILE of the AWS CLI, --as ROLE of the map, "+
		"or a role to take there, as in --role 'arn:aws:iam::{account}:role/auditor'"), "%s", text)
}

func (c *comparison) versioning(b *Bucket, of about) {
	if b.Versioning != nil && *b.Versioning != "Enabled" {
		c.find("posture-versioning", of, ui.Command("aws s3api put-bucket-versioning"+bucketOption(b)+" --versioning-configuration Status=Enabled"),
			"versioning is %s", map[bool]string{true: "off", false: "suspended"}[*b.Versioning == ""])
	}
}

// bucketARN is that of a bucket; of one whose region is not known, in AWS's main partition.
func bucketARN(b *Bucket) string { return "arn:" + iam.PartitionOf(b.Region).Name + ":s3:::" + b.Name }

// objectsARN is where the objects of a place begin.
func objectsARN(b *Bucket, l accessmap.Location) string { return bucketARN(b) + "/" + l.Prefix }

// bucketOption are the options that name a bucket to the AWS CLI.
func bucketOption(b *Bucket) string {
	return option("bucket", b.Name) + option("expected-bucket-owner", b.Account) + option("region", b.Region)
}

func option(name, value string) string {
	if value == "" {
		return ""
	}
	return " --" + name + " " + ui.Word(value)
}

// rolesOf are the roles of the map that stand for a role of IAM, by its ARN; a session counts as its role's, whatever the path.
func rolesOf(m *accessmap.Map, arn string) (roles []string) {
	for name, role := range m.Roles {
		if role.AWS == nil || role.AWS.RoleARN == "" {
			continue
		}
		if role.AWS.RoleARN == arn || sessionOf(arn, role.AWS.RoleARN) {
			roles = append(roles, name)
		}
	}
	slices.Sort(roles)
	return roles
}

// sessionOf reports whether an ARN is that of a role's session.
func sessionOf(session, role string) bool {
	parts, of := strings.SplitN(session, ":", 6), strings.SplitN(role, ":", 6)
	if len(parts) < 6 || len(of) < 6 || parts[2] != "sts" || parts[4] != of[4] {
		return false
	}
	name := of[5][strings.LastIndexByte(of[5], '/')+1:]
	return strings.HasPrefix(parts[5], "assumed-role/"+name+"/")
}

// beyond are the verbs that the map does not give the roles behind an ARN on the dataset.
func (c *comparison) beyond(arn string, verbs []string) (left, roles []string) {
	roles = rolesOf(c.m, arn)
	var given []string
	for _, role := range roles {
		if c.m.Unbounded(role) {
			return nil, roles
		}
		if e, err := c.m.Effective(role); err == nil {
			given = append(given, e.VerbsOn(c.dataset.Name)...)
		}
	}
	for _, verb := range verbs {
		if !slices.Contains(given, verb) {
			left = append(left, verb)
		}
	}
	return left, roles
}

// NotLookedAt are what Compare passes over, in words.
func NotLookedAt() []string {
	return []string{
		"objects: those that were written before the bucket encrypted with its key, and access control lists of their own",
		"access points of other accounts, and event data stores of CloudTrail Lake",
		"grants of KMS, and whom Lake Formation lets at tables",
		"policies of the organisation and of VPC endpoints, which may deny what is let in here",
	}
}
