package accessmap

import (
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/policy"
)

// Location is a place in S3: see policy.Location.
type Location = policy.Location

// rootExact is what a dataset's root may say.
const rootExact = "exact"

// maxLocations bounds the places of one dataset, and those that it denies. A session policy has room for some twenty.
const maxLocations = 100

var locationsForm = &form{each: locationForm, schema: schema{MinItems: 1, MaxItems: maxLocations}}

var datasetFields = []field[Dataset]{
	{"location", optional, locationForm, func(v value, s *Dataset) { s.locationsAt = v.locations(&s.Locations) },
		"s3://bucket/prefix/ with the slash at the end, or s3://bucket for all of it."},
	{"locations", optional, locationsForm, func(v value, s *Dataset) { s.locationsAt = v.locations(&s.Locations) },
		"Several such places, in place of location."},
	{"deny", optional, locationsForm, func(v value, s *Dataset) { s.denyAt = v.locations(&s.Deny) },
		"Places inside the dataset that no role which has it may reach, not even by a grant on another dataset."},
	{"root", optional, &form{words: func() []string { return []string{rootExact} }}, func(v value, s *Dataset) { s.RootExact = v.text() == rootExact },
		"exact: who may read it may also list and head its prefix without the slash at the end, as Spark's s3a, pyarrow and s3fs do. " +
			"That lists names of neighbours which begin alike."},
	{"sensitivity", optional, &form{words: sensitivities},
		func(v value, s *Dataset) { s.Sensitivity = v.text() },
		"How much harm a leak would do."},
	{"kms_key", optional, kmsKeyForm, func(v value, s *Dataset) { s.KMSKey = v.text() },
		"ARN of the KMS key that the objects are encrypted with. The key, not an alias. Who writes may do so with no other."},
	{"acknowledge", optional, acknowledgeForm, func(v value, s *Dataset) { v.acknowledge(concern{partDataset, s.Name}) }, aboutAcknowledge},
}

// datasetSchema says which keys don't go together, as readDatasets checks it.
func datasetSchema() schema {
	s := objectOf(aboutDataset, datasetFields)
	s.OneOf = []schema{{Required: []string{"location"}}, {Required: []string{"locations"}}}
	return s
}

func readDatasets(v value, m *Map) {
	m.Datasets = section(v, func(name string, key, node *yaml.Node) *Dataset {
		dataset := &Dataset{Name: name, at: place(key)}
		o := read(v.decoder, node, "dataset "+name, place(key), datasetFields, dataset)
		switch {
		case o == nil:
		case o.has("location") && o.has("locations"):
			v.add(o.where("locations"), "%s has both location and locations; keep one of them", o.what)
		case !o.has("location") && !o.has("locations"):
			o.missing("location")
		default:
			v.arranged(dataset, o.where("root"))
		}
		return dataset
	})
}

// locations reads one place or a list of them, and returns where each stands.
func (v value) locations(into *[]Location) (at []position) {
	add := func(text string, place position) {
		bucket, prefix := splitLocation(text)
		*into = append(*into, Location{Bucket: bucket, Prefix: prefix})
		at = append(at, place)
	}
	if v.form.each == nil {
		if text, ok := v.checked(); ok {
			add(text, place(v.node))
		}
		return at
	}
	switch n := len(v.node.Content); {
	case v.node.Kind == yaml.SequenceNode && n == 0:
		v.wrong("there are none")
	case n > maxLocations:
		v.wrong("more than %d", maxLocations)
	default:
		v.each(add)
	}
	return at
}

// arranged checks how the places of a dataset lie to one another: one inside another says nothing, and what is denied
// must be a part of what is there.
func (d *decoder) arranged(s *Dataset, root position) {
	inside := func(what string, list []Location, at []position) {
		for i, l := range list {
			for j, o := range list {
				if o.Holds(l) && (o != l || j < i) {
					d.add(at[i], "%s of dataset %s: %s lies inside %s, so it says nothing", what, s.Name, l, o)
					break
				}
			}
		}
	}
	inside("locations", s.Locations, s.locationsAt)
	inside("deny", s.Deny, s.denyAt)
	for i, l := range s.Deny {
		if whole := slices.IndexFunc(s.Locations, l.Holds); whole >= 0 {
			d.add(s.denyAt[i], "deny of dataset %s: %s leaves nothing of %s; remove that from its locations", s.Name, l, s.Locations[whole])
		} else if !s.Holds(l) {
			d.add(s.denyAt[i], "deny of dataset %s: %s is no part of it", s.Name, l)
		}
	}
	if s.RootExact && len(s.Locations) > 0 && !slices.ContainsFunc(s.Locations, func(l Location) bool { return l.Prefix != "" }) {
		d.add(root, "root of dataset %s: a whole bucket has no prefix that could be named without its slash", s.Name)
	}
}

// Holds reports whether one of the dataset's locations holds a whole place. What is denied in it does not count.
func (d *Dataset) Holds(l Location) bool {
	return slices.ContainsFunc(d.Locations, func(own Location) bool { return own.Holds(l) })
}
