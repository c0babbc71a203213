package accessmap_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// Names that begin alike, since that is where a policy widens.
var (
	someBuckets  = []string{"lake", "lakehouse", "lake.eu"}
	somePrefixes = []string{
		"", "churn/", "churn-secret/", "churn/pii/", "churn/pii/eu/", "churn2/", "plain/", "c/", "year=2026/", "a b/c,d/", "churn.d/@x:y+z_/",
	}
	someKeys = []string{"", "", "arn:aws:kms:us-east-1:111122223333:key/one", "arn:aws:kms:us-east-1:111122223333:key/one-more"}
	// By hand: on objects, on a bucket, on what begins alike, on everything; of services that have nothing to do with datasets, too.
	someStatements = []statement{
		{[]string{"s3:GetObject", "s3:GetObjectVersion"}, []string{"arn:aws:s3:::lake/churn/*", "arn:aws:s3:::lakehouse/*"}},
		{[]string{"s3:ListBucketVersions", "s3:ListBucket"}, []string{"arn:aws:s3:::lake"}},
		{[]string{"s3:PutObject", "s3:PutObjectTagging"}, []string{"arn:aws:s3:::lake*"}},
		{[]string{"s3:GetObjectTagging", "s3:ListBucketMultipartUploads", "kms:DescribeKey"}, []string{"*"}},
		{[]string{"kms:Encrypt"}, []string{"arn:aws:kms:us-east-1:111122223333:key/one"}},
	}
)

const (
	roleARN  = "arn:aws:iam::111122223333:role/x"
	minioARN = "arn:minio:iam:::role/x"
)

// randomWorld is a small map: few datasets, so that they meet, and roles that inherit.
func randomWorld(random *rand.Rand) world {
	var w world
	for i := range 1 + random.IntN(4) {
		w.datasets = append(w.datasets, randomDataset(random, fmt.Sprintf("d%d", i)))
	}
	grants := func() (names []string) {
		for _, d := range w.datasets {
			if random.IntN(3) == 0 {
				names = append(names, d.name)
			}
		}
		return names
	}
	for i := range 1 + random.IntN(3) {
		r := role{name: fmt.Sprintf("r%d", i), arn: roleARN, read: grants(), write: grants(), delete: grants()}
		for _, name := range grants() {
			if !slices.Contains(r.read, name) && !slices.Contains(r.write, name) { // named twice, it is an error
				r.readwrite = append(r.readwrite, name)
			}
		}
		for random.IntN(4) == 0 {
			r.statements = append(r.statements, pick(random, someStatements))
		}
		if random.IntN(6) == 0 {
			r.arn = minioARN
		}
		if random.IntN(3) == 0 {
			r.until = today.Add(time.Duration(1+random.IntN(100_000)) * time.Second)
		}
		if i > 0 && random.IntN(2) == 0 {
			r.inherits = []string{w.roles[random.IntN(i)].name}
		}
		w.roles = append(w.roles, r)
	}
	return w
}

// randomDataset has places of which none is inside another, and denies parts of them.
func randomDataset(random *rand.Rand, name string) dataset {
	d := dataset{name: name, key: pick(random, someKeys)}
	for range 1 + random.IntN(2) {
		l := location{pick(random, someBuckets), pick(random, somePrefixes)}
		meets := func(o location) bool {
			return o.bucket == l.bucket && (strings.HasPrefix(o.prefix, l.prefix) || strings.HasPrefix(l.prefix, o.prefix))
		}
		if slices.ContainsFunc(d.places, meets) {
			continue
		}
		d.places = append(d.places, l)
		d.root = d.root || l.prefix != "" && random.IntN(3) == 0
		if random.IntN(4) == 0 {
			d.deny = append(d.deny, location{l.bucket, l.prefix + pick(random, []string{"pii/", "churn/pii/", "x/"})})
		}
	}
	return d
}

func pick[T any](random *rand.Rand, list []T) T { return list[random.IntN(len(list))] }
