package policy

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/iam"
)

// gathered is what must be allowed, by resource. Objects are in the set of verbs that they need and no other.
type gathered struct {
	objects  [everyVerb + 1]iam.Words
	buckets  iam.Words            // that may be located, and listed where a prefix is named
	whole    iam.Words            // that may be located and listed
	prefixes map[string]iam.Words // bucket to the patterns of keys that may be listed in it
	readKeys iam.Words
	keys     iam.Words // to write with
}

// gather finds out what the places need. What lies inside a place that is granted too needs only what that does not
// have: the same is not said twice.
func (g Grants) gather() *gathered {
	b := &gathered{prefixes: make(map[string]iam.Words)}
	keys := make(map[string]Verbs)
	var around []Place // from the outermost to the innermost, with all that may be done in them
	for p := range g.each() {
		for len(around) > 0 && !around[len(around)-1].Holds(p.Location) {
			around = around[:len(around)-1]
		}
		var given Verbs
		if len(around) > 0 {
			given = around[len(around)-1].Verbs
		}
		b.place(g, p, p.Verbs&^given)
		p.Verbs |= given
		around = append(around, p)
	}
	for _, p := range g.Places {
		if p.KMSKey != "" {
			keys[p.KMSKey] |= p.Verbs
		}
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		switch {
		case keys[key]&Write != 0:
			b.keys = append(b.keys, key)
		case keys[key]&Read != 0:
			b.readKeys = append(b.readKeys, key)
		}
	}
	return b
}

// each iterates over the locations that are granted, each once with all that may be done in it. What lies inside one
// comes right behind it.
func (g Grants) each() iter.Seq[Place] {
	places := slices.Clone(g.Places)
	slices.SortFunc(places, func(a, b Place) int { return a.Compare(b.Location) })
	return func(yield func(Place) bool) {
		for i := 0; i < len(places); {
			one := Place{Location: places[i].Location}
			for ; i < len(places) && places[i].Location == one.Location; i++ {
				one.Verbs |= places[i].Verbs
				one.Root = one.Root || places[i].Root && places[i].Verbs&Read != 0
			}
			if !yield(one) {
				return
			}
		}
	}
}

// place adds what one place needs.
func (b *gathered) place(g Grants, p Place, needed Verbs) {
	bucket, objects := g.bucket(p.Location), g.objects(p.Location)
	pattern := objects[len(bucket)+len("/"):]
	if needed != 0 {
		b.objects[needed] = append(b.objects[needed], objects)
	}
	switch {
	case needed&Read == 0:
		return
	case p.Prefix == "":
		b.whole = append(b.whole, bucket)
		return
	case len(b.prefixes[bucket]) == 0:
		b.buckets = append(b.buckets, bucket)
	}
	// "churn/*" covers a request for "churn/" and for everything below it. A request for "churn" without the slash is not
	// covered unless Root says so: S3 answers it with the names of everything in "churn-secret/" as well.
	b.prefixes[bucket] = append(b.prefixes[bucket], pattern)
	if root := strings.TrimSuffix(p.Prefix, "/"); p.Root {
		b.objects[Read] = append(b.objects[Read], bucket+"/"+root)
		b.prefixes[bucket] = append(b.prefixes[bucket], root)
	}
}

func (g Grants) objects(l Location) string {
	return "arn:" + g.Partition + ":s3:::" + l.Bucket + "/" + l.Prefix + "*"
}

func (g Grants) bucket(l Location) string { return "arn:" + g.Partition + ":s3:::" + l.Bucket }

// listings are the statements for listing below prefixes. Buckets with the same prefixes share one; a bucket's prefixes
// are never joined with another bucket's.
func (b *gathered) listings() (statements []iam.Statement) {
	for prefixes, buckets := range grouped(b.prefixes) {
		statements = append(statements, listing("Allow", "s3:ListBucket", buckets, prefixes))
	}
	return statements
}

func listing(effect, action string, buckets, prefixes iam.Words) iam.Statement {
	return iam.Statement{
		Effect: effect, Action: iam.Words{action}, Resource: buckets,
		Condition: iam.Conditions{"StringLike": {"s3:prefix": prefixes}},
	}
}

// grouped joins those that have the same set of words, in a fixed order.
func grouped(wordsOf map[string]iam.Words) iter.Seq2[iam.Words, iam.Words] {
	type entry struct {
		words iam.Words
		one   string
	}
	list := make([]entry, 0, len(wordsOf))
	for one, words := range wordsOf {
		words = slices.Clone(words)
		slices.Sort(words)
		list = append(list, entry{slices.Compact(words), one})
	}
	slices.SortFunc(list, func(a, b entry) int {
		return cmp.Or(slices.Compare(a.words, b.words), strings.Compare(a.one, b.one))
	})
	return func(yield func(words, those iam.Words) bool) {
		for i := 0; i < len(list); {
			words, those := list[i].words, iam.Words(nil)
			for ; i < len(list) && slices.Equal(list[i].words, words); i++ {
				those = append(those, list[i].one)
			}
			if !yield(words, those) {
				return
			}
		}
	}
}

// byHand are the statements that were written by hand: those on the same resources are one, and then those that allow
// the same.
func byHand(written []Statement) (statements []iam.Statement) {
	if len(written) == 0 {
		return nil
	}
	const separator = "\n"
	actions := make(map[string]iam.Words) // by resources
	for _, s := range written {
		resources := slices.Compact(slices.Sorted(slices.Values(s.Resources)))
		on := strings.Join(resources, separator)
		actions[on] = append(actions[on], s.Actions...)
	}
	for allowed, lists := range grouped(actions) {
		var resources iam.Words
		for _, list := range lists {
			resources = append(resources, strings.Split(list, separator)...)
		}
		slices.Sort(resources)
		statements = append(statements, iam.Statement{Effect: "Allow", Action: allowed, Resource: slices.Compact(resources)})
	}
	return statements
}
