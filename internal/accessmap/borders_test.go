package accessmap_test

import (
	"maps"
	"slices"
	"strings"
)

// requests are at the borders of the map's datasets, a role's own and others: inside and beside, at the root with its slash
// and without, above, in what is denied, in other buckets; lists with each of these as their prefix, and without one; over
// plain http, and through an access point; and puts that ask for encryption.
func (w world) requests() []request {
	names := make(map[string][]string) // of objects and prefixes, by bucket
	for _, l := range w.places() {
		root := strings.TrimSuffix(l.prefix, "/")
		names[l.bucket] = append(names[l.bucket], l.prefix, l.prefix+"x", l.prefix+"a/b", root, root+"x", root+"-secret/x", "x/"+l.prefix)
		if root != "" {
			names[l.bucket] = append(names[l.bucket], root[:len(root)-1], strings.ToUpper(l.prefix)+"x")
		}
		for _, bucket := range []string{"lake", "lakehouse", "lakes"} {
			names[bucket] = append(names[bucket], l.prefix+"x")
		}
	}
	var list []request
	for _, bucket := range slices.Sorted(maps.Keys(names)) {
		for _, action := range bucketActions {
			list = append(list, request{action: action, bucket: bucket})
		}
		slices.Sort(names[bucket])
		for _, name := range slices.Compact(names[bucket]) {
			list = append(list, w.requestsOf(bucket, name)...)
		}
	}
	for _, key := range w.keys() {
		for _, action := range keyActions {
			list = append(list, request{action: action, key: key}, request{action: action, key: key[:len(key)-1]},
				request{action: action, key: key, http: true})
		}
	}
	for i := range list {
		list[i].when = today
	}
	return list
}

// requestsOf are those on one name, as that of an object and as a prefix.
func (w world) requestsOf(bucket, name string) []request {
	list := []request{{action: "s3:ListBucket", bucket: bucket, prefix: &name}}
	inside := strings.HasSuffix(name, "x")
	if inside {
		list = append(list, request{action: "s3:ListBucket", bucket: bucket, prefix: &name, http: true},
			request{action: "s3:ListBucketVersions", bucket: bucket, prefix: &name},
			request{action: "s3:ListBucketMultipartUploads", bucket: bucket, prefix: &name})
	}
	for _, action := range slices.Sorted(maps.Keys(objectActions)) {
		if name == "" || !inside && objectActions[action] == "" {
			continue
		}
		list = append(list, request{action: action, bucket: bucket, object: name})
		if inside && strings.HasPrefix(action, "s3:GetObject") {
			list = append(list, request{action: action, point: true, object: name})
		}
		if inside && objectActions[action] != "" {
			list = append(list, request{action: action, bucket: bucket, object: name, http: true})
		}
		if action != "s3:PutObject" || !inside {
			continue
		}
		// With the method that S3 wants beside a key, and with none.
		list = append(list, request{action: action, bucket: bucket, object: name, method: "AES256"},
			request{action: action, bucket: bucket, object: name, method: "aws:kms"},
			request{action: action, bucket: bucket, object: name, customers: true})
		for _, key := range w.keys() {
			list = append(list, request{action: action, bucket: bucket, object: name, method: "aws:kms", encryptionKey: key})
		}
	}
	return list
}

// places are all that the map names, what it denies too.
func (w world) places() (list []location) {
	for _, d := range w.datasets {
		list = append(append(list, d.places...), d.deny...)
	}
	return list
}

// keys are those of the map, and two more.
func (w world) keys() []string {
	list := slices.Clone(someKeys)
	for _, d := range w.datasets {
		list = append(list, d.key)
	}
	slices.Sort(list)
	return slices.DeleteFunc(slices.Compact(list), func(key string) bool { return key == "" })
}
