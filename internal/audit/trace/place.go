package trace

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
)

// Datasets finds the dataset of the access map that an object belongs to.
type Datasets struct {
	names   []string
	buckets map[string][]place // the longest prefix first
}

type place struct {
	prefix  string
	dataset int
}

// none is the number of no dataset.
const none = -1

// DatasetsOf are those of a map. Where one lies in another, an object in both belongs to the inner one; where two have the same place,
// to the one whose name comes first.
func DatasetsOf(m *accessmap.Map) *Datasets {
	d := &Datasets{names: slices.Sorted(maps.Keys(m.Datasets)), buckets: map[string][]place{}}
	for i, name := range d.names {
		for _, l := range m.Datasets[name].Locations {
			d.buckets[l.Bucket] = append(d.buckets[l.Bucket], place{l.Prefix, i})
		}
	}
	for _, places := range d.buckets {
		slices.SortFunc(places, func(a, b place) int {
			return cmp.Or(cmp.Compare(len(b.prefix), len(a.prefix)), cmp.Compare(a.dataset, b.dataset))
		})
	}
	return d
}

// Digest changes where the datasets do.
func (d *Datasets) Digest() string {
	h := sha256.New()
	for _, bucket := range slices.Sorted(maps.Keys(d.buckets)) {
		for _, p := range d.buckets[bucket] {
			fmt.Fprintf(h, "%q %q %q\n", bucket, p.prefix, d.names[p.dataset])
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (d *Datasets) of(bucket, key []byte) int {
	for _, p := range d.buckets[string(bucket)] {
		if len(key) >= len(p.prefix) && string(key[:len(p.prefix)]) == p.prefix {
			return p.dataset
		}
	}
	return none
}

// name is that of a number, "" for none.
func (d *Datasets) name(i int) string {
	if i == none {
		return ""
	}
	return d.names[i]
}

// target is what of S3 an event is about. Where the request names an access point, the bucket is that of the resource.
func (e *event) target() (bucket, key []byte) {
	key = e.key
	if len(key) == 0 {
		key = e.prefix
	}
	if len(e.bucket) > 0 && !bytes.HasPrefix(e.bucket, []byte("arn:")) && !bytes.HasSuffix(e.bucket, []byte("-s3alias")) {
		return e.bucket, key
	}
	_, name, _ := bytes.Cut(e.resource, []byte(":s3:::"))
	bucket, named, _ := bytes.Cut(name, []byte{'/'})
	if len(named) > 0 {
		key = named
	}
	return bucket, key
}

// copiedFrom is what a request copies: bucket/key, perhaps after a slash, encoded as in a URL.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html#API_CopyObject_RequestSyntax
func (e *event) copiedFrom() (bucket, key []byte) {
	said, _, _ := strings.Cut(string(e.copied), "?versionId=")
	if plain, err := url.PathUnescape(said); err == nil {
		said = plain
	}
	b, k, _ := strings.Cut(strings.TrimPrefix(said, "/"), "/")
	return []byte(b), []byte(k)
}

// Verb is what was done with an object; the first three are those of the access map.
type Verb string

// Verbs.
const (
	Read   Verb = accessmap.Read
	Write  Verb = accessmap.Write
	Delete Verb = accessmap.Delete
)

// verbOf is what an operation of S3 does with objects, "" for one that is about something else.
func verbOf(operation []byte) Verb {
	about := false
	for _, word := range objectWords {
		about = about || bytes.Contains(operation, []byte(word))
	}
	if !about {
		return ""
	}
	for _, o := range objectVerbs {
		if bytes.HasPrefix(operation, []byte(o.Prefix)) {
			return o.Verb
		}
	}
	return Write
}
