package accessmap_test

import (
	"fmt"
	"maps"
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
)

const (
	roleARN  = "arn:aws:iam::111122223333:role/x"
	minioARN = "arn:minio:iam:::role/x"
)

// randomWorld is a small map: few datasets, so that they meet, and roles that inherit.
func randomWorld(random *rand.Rand) world {
	var w world
	for i := range 1 + random.IntN(5) {
		w.datasets = append(w.datasets, dataset{
			name:  fmt.Sprintf("d%d", i),
			place: location{pick(random, someBuckets), pick(random, somePrefixes)},
			key:   pick(random, someKeys),
		})
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

func pick[T any](random *rand.Rand, list []T) T { return list[random.IntN(len(list))] }

// requests are at the borders of the map's datasets, the role's and others: inside and beside, at the root with its slash
// and without, above, in other buckets; lists with each of these as their prefix, and without one.
func (w world) requests(role) []request {
	names, buckets := []string{"", "x", "c", "churn", "churn-"}, []string{"lakes"}
	for _, d := range w.datasets {
		root := strings.TrimSuffix(d.place.prefix, "/")
		names = append(names, d.place.prefix, d.place.prefix+"x", d.place.prefix+"a/b", root, root+"x", root+"-secret/x", "x/"+d.place.prefix)
		if root != "" {
			names = append(names, root[:len(root)-1], strings.ToUpper(d.place.prefix)+"x")
		}
		buckets = append(buckets, d.place.bucket)
	}
	slices.Sort(names)
	slices.Sort(buckets)
	names, buckets = slices.Compact(names), slices.Compact(buckets)
	var list []request
	for _, bucket := range buckets {
		for _, action := range bucketActions {
			list = append(list, request{action: action, bucket: bucket})
		}
		for _, name := range names {
			list = append(list, request{action: "s3:ListBucket", bucket: bucket, prefix: &name})
			for _, action := range slices.Sorted(maps.Keys(objectActions)) {
				if name != "" && (objectActions[action] != "" || strings.HasSuffix(name, "/x")) {
					list = append(list, request{action: action, bucket: bucket, object: name})
				}
			}
		}
	}
	keys := slices.Clone(someKeys)
	for _, d := range w.datasets {
		keys = append(keys, d.key)
	}
	slices.Sort(keys)
	for _, key := range slices.Compact(keys) {
		for _, action := range keyActions {
			if key != "" {
				list = append(list, request{action: action, key: key}, request{action: action, key: key[:len(key)-1]})
			}
		}
	}
	for i := range list {
		list[i].when = today
	}
	return list
}

// parts are worlds with one thing less.
func (w world) parts() []world {
	var parts []world
	for i, r := range w.roles {
		inherited := slices.ContainsFunc(w.roles, func(other role) bool { return slices.Contains(other.inherits, r.name) })
		if !inherited && len(w.roles) > 1 {
			parts = append(parts, world{w.datasets, slices.Delete(slices.Clone(w.roles), i, i+1)})
		}
		if !r.until.IsZero() {
			less := slices.Clone(w.roles)
			less[i].until = time.Time{}
			parts = append(parts, world{w.datasets, less})
		}
		for _, list := range []func(*role) *[]string{
			func(r *role) *[]string { return &r.inherits },
			func(r *role) *[]string { return &r.read },
			func(r *role) *[]string { return &r.write },
			func(r *role) *[]string { return &r.delete },
		} {
			for j := range *list(&r) {
				less := slices.Clone(w.roles)
				*list(&less[i]) = slices.Delete(slices.Clone(*list(&r)), j, j+1)
				parts = append(parts, world{w.datasets, less})
			}
		}
	}
	for i, d := range w.datasets {
		used := slices.ContainsFunc(w.roles, func(r role) bool { return slices.Contains(w.datasetsOf(r), d.name) })
		if !used {
			parts = append(parts, world{slices.Delete(slices.Clone(w.datasets), i, i+1), w.roles})
		}
		if d.key != "" {
			less := slices.Clone(w.datasets)
			less[i].key = ""
			parts = append(parts, world{less, w.roles})
		}
	}
	return parts
}
