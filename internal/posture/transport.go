package posture

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/iam/evaluate"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// transport looks whether the bucket's policy denies plain HTTP to everybody: to somebody of the bucket's account, and to each of the
// map's roles that has the dataset.
func (c *comparison) transport(b *Bucket, of about) {
	if b.Policy == nil {
		return
	}
	policy := &evaluate.Policy{}
	if *b.Policy != "" {
		parsed, err := evaluate.Parse(*b.Policy)
		if err != nil {
			return // which was told of whom it lets in
		}
		policy = parsed
	}
	who := []string{"arn:aws:iam::" + b.Account + ":role/dbxaccess-example"}
	for _, name := range c.roles() {
		if arn := c.m.Roles[name].AWS.RoleARN; arn != "" {
			who = append(who, arn)
		}
	}
	taken := slices.ContainsFunc(who, func(arn string) bool {
		return slices.ContainsFunc(c.dataset.Locations, func(l accessmap.Location) bool {
			if l.Bucket != b.Name {
				return false
			}
			return slices.ContainsFunc([]evaluate.Request{
				{Action: "s3:GetObject", Resource: objectsARN(b, l) + "dbxaccess-example"},
				{Action: "s3:PutObject", Resource: objectsARN(b, l) + "dbxaccess-example"},
				{Action: "s3:ListBucket", Resource: bucketARN(b)},
			}, func(r evaluate.Request) bool {
				r.Principal, r.Role, r.Owner = arn, arn, b.Account
				r.Context = map[string][]string{"aws:SecureTransport": {"false"}}
				return policy.Evaluate(r).Effect != evaluate.Deny
			})
		})
	})
	if taken {
		c.find("posture-plain-http", of, append(denyPlainHTTP(b), c.rendered()...), "its policy does not deny requests without TLS")
	}
}

// rendered is how map render writes the same, and what else the bucket's policy has to say, for those who keep policies as code. Nothing
// where no role has the dataset.
func (c *comparison) rendered() ui.Fix {
	roles := c.roles()
	if len(roles) == 0 {
		return nil
	}
	return append(ui.Advice("where policies are kept as code, the bucket's statements are in what this writes:"),
		ui.Command("dbxaccess map render "+strings.Join(roles, " ")+option("map", c.file))...)
}

// roles are those of AWS that have the dataset, sorted.
func (c *comparison) roles() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(c.m.Roles)), func(name string) bool {
		e, err := c.m.Effective(name)
		return err != nil || c.m.Roles[name].AWS == nil || len(e.VerbsOn(c.dataset.Name)) == 0
	})
}

// denyPlainHTTP writes the bucket's policy with one statement more. What is there stays byte by byte.
func denyPlainHTTP(b *Bucket) ui.Fix {
	policy := map[string]json.RawMessage{"Version": json.RawMessage(`"2012-10-17"`)}
	var statements []json.RawMessage
	if *b.Policy != "" {
		policy = map[string]json.RawMessage{}
		if json.Unmarshal([]byte(*b.Policy), &policy) != nil {
			return nil // it was parsed before
		}
		if json.Unmarshal(policy["Statement"], &statements) != nil {
			statements = []json.RawMessage{policy["Statement"]}
		}
	}
	statement, err := json.Marshal(map[string]any{
		"Sid": "DenyPlainHTTP", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": []string{bucketARN(b), bucketARN(b) + "/*"},
		"Condition": map[string]any{"Bool": map[string]string{"aws:SecureTransport": "false"}},
	})
	if err != nil {
		return nil // of texts: it can't fail
	}
	policy["Statement"], err = json.Marshal(append(statements, statement))
	if err != nil {
		return nil
	}
	whole, err := json.Marshal(policy)
	if err != nil {
		return nil
	}
	return ui.Command("aws s3api put-bucket-policy" + bucketOption(b) + " --policy " + ui.Word(string(whole)))
}
