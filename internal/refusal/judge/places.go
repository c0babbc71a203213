package judge

import (
	"cmp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/refusal"
)

// verbOf is the verb of the map that gives an action; "" for what no verb does.
func verbOf(r refusal.Refusal) string {
	switch r.Action {
	case "s3:GetObject", "s3:ListBucket", "s3:GetBucketLocation", "kms:Decrypt":
		return accessmap.Read
	case "s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "kms:GenerateDataKey":
		return accessmap.Write
	case "s3:DeleteObject":
		return accessmap.Delete
	}
	return ""
}

// where is the kind of a place.
type where int

const (
	nowhere  where = iota // the text names none
	inBucket              // bucket and, of an object, key
	ofKey                 // a key of KMS
	ofRole                // a role of IAM
	elsewhere
)

// place is what a resource is, as far as the map has words for it.
type place struct {
	kind        where
	bucket, key string
	arn         string
}

// placeOf reads the resource of a refusal.
func placeOf(r refusal.Refusal) place {
	if r.Resource == "" || r.Kind == refusal.Databricks {
		return place{}
	}
	p := place{kind: elsewhere, arn: r.Resource}
	parsed, err := arn.Parse(r.Resource)
	if err != nil {
		return p
	}
	switch {
	case parsed.Service == "s3" && parsed.Region == "" && parsed.AccountID == "":
		p.kind = inBucket
		p.bucket, p.key, _ = strings.Cut(parsed.Resource, "/")
	case parsed.Service == "kms" && strings.HasPrefix(parsed.Resource, "key/"):
		p.kind = ofKey
	case parsed.Service == "iam" && strings.HasPrefix(parsed.Resource, "role/"):
		p.kind = ofRole
	}
	return p
}

// match is a dataset that a place belongs to.
type match struct {
	name string
	// root is what was asked for, if that is a dataset's place without the slash at its end, as s3a and Arrow ask, unless the
	// dataset gives that to its readers.
	root bool
	size int // of the location's prefix: the longer is the nearer
}

// datasetsAt are the datasets that the place of a refusal is in, the nearest first.
func (c *inquiry) datasetsAt() []match {
	var all []match
	for name, d := range c.Map.Datasets {
		switch c.place.kind {
		case ofKey:
			if d.KMSKey == c.place.arn {
				all = append(all, match{name: name})
			}
		case inBucket:
			for _, l := range d.Locations {
				if m, ok := c.within(l); ok {
					m.name, m.root = name, m.root && (!d.RootExact || c.verb != accessmap.Read)
					all = append(all, m)
				}
			}
		}
	}
	slices.SortFunc(all, func(a, b match) int { return cmp.Or(cmp.Compare(b.size, a.size), cmp.Compare(a.name, b.name)) })
	return slices.CompactFunc(all, func(a, b match) bool { return a.name == b.name })
}

// within reports whether what was asked for is in a location.
func (c *inquiry) within(l accessmap.Location) (match, bool) {
	if l.Bucket != c.place.bucket {
		return match{}, false
	}
	asked := c.place.key
	if c.place.key == "" {
		if c.Action != "s3:ListBucket" || c.Prefix == "" {
			return match{size: len(l.Prefix)}, l.Prefix == "" || c.Action == "s3:GetBucketLocation"
		}
		asked = c.Prefix
	}
	m := match{size: len(l.Prefix), root: l.Prefix != "" && asked+"/" == l.Prefix}
	return m, m.root || strings.HasPrefix(asked, l.Prefix)
}

// placesIn are the datasets with a location in a bucket, sorted.
func (c *inquiry) placesIn(bucket string) []string {
	var names []string
	for name, d := range c.Map.Datasets {
		if slices.ContainsFunc(d.Locations, func(l accessmap.Location) bool { return l.Bucket == bucket }) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
