package posture

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/iam/admit"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// encryption compares what objects of a bucket are encrypted with by default.
func (c *comparison) encryption(b *Bucket, of about) {
	if b.Encryption == nil {
		return
	}
	e, want := *b.Encryption, c.dataset.KMSKey
	byKMS := strings.HasPrefix(e.Algorithm, "aws:kms")
	switch {
	case want != "" && !byKMS:
		c.find("posture-encryption", of, encryptWith(b, want, e.Algorithm), "objects are encrypted by %s unless their writer asks for another, not with the map's key %s", orNothing(e.Algorithm), want)
	case want != "" && e.Key == "":
		c.find("posture-encryption", of, encryptWith(b, want, e.Algorithm), "objects are encrypted with the key that AWS manages for S3, not with the map's key %s", want)
	case want != "" && !sameKey(e.Key, want, b) && isAlias(e.Key):
		c.find(notSeen, of, encryptWith(b, want, e.Algorithm), "can't be seen: objects are encrypted with %s, and what it stands for can change; the map's key is %s", e.Key, want)
	case want != "" && !sameKey(e.Key, want, b):
		c.find("posture-encryption", of, encryptWith(b, want, e.Algorithm), "objects are encrypted with %s, not with the map's key %s", e.Key, want)
	case want == "" && byKMS && e.Key != "":
		c.find("posture-key-unnamed", of, ui.Advice("give dataset "+c.dataset.Name+" of the map kms_key: the key's ARN"),
			"objects are encrypted with %s, which the map does not name", e.Key)
	case want == "" && !byKMS:
		c.find("posture-key-none", of, ui.Advice("make a key of KMS, let the map's roles use it, and give dataset "+c.dataset.Name+" of the map kms_key: the key's ARN; then ask again"),
			"objects are encrypted by %s, with no key that a policy guards", orNothing(e.Algorithm))
	}
	if byKMS && !e.BucketKey && e.Algorithm == "aws:kms" && e.Key != "" { // DSSE has none
		key := e.Key
		if want != "" {
			key = want
		}
		c.find("posture-bucket-key", of, encryptWith(b, key, e.Algorithm), "bucket keys are off")
	}
}

func orNothing(algorithm string) string {
	switch algorithm {
	case "":
		return "nothing"
	case "AES256":
		return "S3's own keys (AES256)"
	}
	return algorithm
}

func isAlias(key string) bool {
	return strings.HasPrefix(key, "alias/") || strings.Contains(key, ":alias/")
}

// sameKey compares what a bucket names, an ARN or the ID of a key of its own account and region, with an ARN.
func sameKey(named, arn string, b *Bucket) bool {
	return named == arn || !strings.Contains(named, ":") && strings.HasSuffix(arn, ":kms:"+b.Region+":"+b.Account+":key/"+named)
}

func encryptWith(b *Bucket, key, algorithm string) ui.Fix {
	if !strings.HasPrefix(algorithm, "aws:kms") {
		algorithm = "aws:kms"
	}
	rule := map[string]any{"ApplyServerSideEncryptionByDefault": map[string]string{"SSEAlgorithm": algorithm, "KMSMasterKeyID": key}}
	if algorithm == "aws:kms" {
		rule["BucketKeyEnabled"] = true
	}
	text, err := json.Marshal(map[string]any{"Rules": []any{rule}})
	if err != nil {
		return nil // of texts: it can't fail
	}
	return ui.Command("aws s3api put-bucket-encryption" + bucketOption(b) + " --server-side-encryption-configuration " + ui.Word(string(text)))
}

// key looks at the map's key of the dataset.
func (c *comparison) key() {
	arn := c.dataset.KMSKey
	if arn == "" {
		return
	}
	parts := strings.SplitN(arn, ":", 6) // the map takes nothing but ARNs of keys
	of := about{arn, parts[4], parts[3]}
	c.unseen(of, arn)
	at := slices.IndexFunc(c.seen.Keys, func(k Key) bool { return k.ARN == arn })
	if at < 0 {
		if !slices.ContainsFunc(c.seen.Unread, func(r Refusal) bool { return r.Of == arn }) {
			c.find(notSeen, of, ui.Advice("give credentials of account "+of.account+": --profile PROFILE of the AWS CLI, --as ROLE of the map, "+
				"or a role to take there, as in --role 'arn:aws:iam::{account}:role/auditor'"), "can't be seen: there are no credentials for account %s", of.account)
		}
		return
	}
	k := c.seen.Keys[at]
	if k.Missing {
		c.find("posture-key-unusable", of, ui.Advice("make the key, or correct kms_key of dataset "+c.dataset.Name+" in the map"), "there is no such key")
		return
	}
	c.keyState(k, of)
	if k.Rotates != nil && !*k.Rotates && !k.AWSOwned {
		if k.Rotatable {
			c.find("posture-key-rotation", of, ui.Command("aws kms enable-key-rotation"+option("key-id", arn)+option("region", of.region)), "automatic rotation is off")
		} else {
			c.as(Remark, "posture-key-rotation", of, ui.Advice("rotate its material by hand, as its origin or kind does not let KMS do so"), "KMS can't rotate a key of this origin or kind by itself")
		}
	}
	if k.Policy != nil && !k.AWSOwned {
		c.keyPolicy(*k.Policy, of)
	}
}

func (c *comparison) keyState(k Key, of about) {
	name := option("key-id", k.ARN) + option("region", of.region)
	switch k.State {
	case "Enabled", "":
	case "PendingDeletion", "PendingReplicaDeletion":
		when := ""
		if !k.Deletion.IsZero() {
			when = " on " + k.Deletion.UTC().Format("2006-01-02")
		}
		c.find("posture-key-unusable", of, ui.Command("aws kms cancel-key-deletion"+name, "aws kms enable-key"+name), "the key is to be deleted%s, and with it all that it encrypts", when)
	case "Disabled":
		c.find("posture-key-unusable", of, ui.Command("aws kms enable-key"+name), "the key is disabled")
	default:
		c.find("posture-key-unusable", of, ui.Advice("see what the key waits for in the console of KMS"), "the state of the key is %s", k.State)
	}
}

// decrypting and changing are what a key is asked for: reading needs the first, and who may do the second gives it to themselves.
func (c *comparison) keyPolicy(policy string, of about) {
	openings, err := admit.Openings(policy, of.account, []admit.Question{
		{Verb: "decrypt", Action: "kms:Decrypt", Resource: of.resource},
		{Verb: "change who may use it", Action: "kms:PutKeyPolicy", Resource: of.resource},
		{Verb: "grant its use", Action: "kms:CreateGrant", Resource: of.resource},
	}, c.now)
	if err != nil {
		c.find(notSeen, of, ui.Advice("look at the key's policy by hand"), "can't be seen: its policy is not understood: %s", err)
		return
	}
	c.letIn("posture-key-let-in", openings, of, "the key's policy", func(o admit.Opening) []string {
		if o.Kind == admit.Principal && len(rolesOf(c.m, o.Who)) > 0 {
			if left, _ := c.beyond(o.Who, []string{"read"}); len(left) == 0 || c.writes(o.Who) {
				return slices.DeleteFunc(slices.Clone(o.Verbs), func(verb string) bool { return verb == "decrypt" || verb == "grant its use" })
			}
		}
		return o.Verbs
	})
}

// writes reports whether the map lets the roles behind an ARN write the dataset: parts of a large object take kms:Decrypt.
func (c *comparison) writes(arn string) bool {
	left, _ := c.beyond(arn, []string{"write"})
	return len(left) == 0
}
