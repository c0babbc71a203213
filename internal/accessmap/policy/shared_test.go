package policy

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/needed"
)

// randomGrants are few places in few buckets, so that many lie in one another.
func randomGrants(r *rand.Rand) Grants {
	g := Grants{Partition: "aws", TLS: r.IntN(2) == 0}
	location := func() Location {
		return Location{[]string{"lake", "lake-2", "b"}[r.IntN(3)], []string{"", "a/", "a/b/", "a-b/", "churn/", "churn-secret/"}[r.IntN(6)]}
	}
	for range 1 + r.IntN(8) {
		g.Places = append(g.Places, Place{
			Location: location(), Verbs: 1 + Verbs(r.IntN(int(everyVerb))), Root: r.IntN(3) == 0,
			KMSKey: []string{"", "", "arn:aws:kms:us-east-1:111122223333:key/1", "arn:aws:kms:us-east-1:111122223333:key/2"}[r.IntN(4)],
		})
	}
	for range r.IntN(3) {
		g.Denied = append(g.Denied, location())
	}
	return g
}

// kindOf is the kind of resource that an action or a resource is about.
func kindOf(word string) string {
	switch {
	case strings.HasPrefix(word, "kms:") || strings.Contains(word, ":kms:"):
		return "key"
	case word == "s3:ListBucket" || word == "s3:GetBucketLocation" || strings.Contains(word, ":::") && !strings.Contains(word, "/"):
		return "bucket"
	}
	return "object"
}

// meaning is what statements without conditions allow: each action on each resource of its kind.
func meaning(statements []iam.Statement) (pairs []string) {
	for _, s := range statements {
		for _, action := range s.Action {
			for _, resource := range s.Resource {
				if kindOf(action) == kindOf(resource) {
					pairs = append(pairs, action+" "+resource)
				}
			}
		}
	}
	slices.Sort(pairs)
	return slices.Compact(pairs)
}

// needed is the same of what was gathered, said one by one.
func (b *gathered) needed() (pairs []string) {
	var statements []iam.Statement
	for v := range everyVerb + 1 {
		statements = append(statements, iam.Statement{Action: v.OnObjects(), Resource: b.objects[v]})
	}
	statements = append(statements,
		iam.Statement{Action: iam.Words{"s3:GetBucketLocation"}, Resource: slices.Concat(b.buckets, b.whole)},
		iam.Statement{Action: iam.Words{"s3:ListBucket"}, Resource: b.whole},
		iam.Statement{Action: Read.OnKey(), Resource: b.readKeys}, iam.Statement{Action: Write.OnKey(), Resource: b.keys})
	return meaning(statements)
}

func TestEveryWayAllowsTheSameAndTheShortestIsTaken(t *testing.T) {
	needed.FullSpeed(t)
	t.Parallel()
	for seed := range uint64(2000) {
		b := randomGrants(rand.New(rand.NewPCG(seed, 1))).gather()
		want := b.needed()
		taken := b.shared()
		if diff := cmp.Diff(want, meaning(taken)); diff != "" {
			t.Fatalf("seed %d: %s", seed, diff)
		}
		least := len(iam.Policy(taken...).JSON())
		for objects := range b.waysOfObjects() {
			for _, buckets := range b.waysOfBuckets() {
				var way []iam.Statement
				joined := join(objects, buckets, b.onKeys())
				for _, a := range joined {
					way = append(way, a.statement())
				}
				if diff := cmp.Diff(want, meaning(way)); diff != "" {
					t.Fatalf("seed %d: %s", seed, diff)
				}
				size := len(iam.Policy(way...).JSON())
				if size < least {
					t.Fatalf("seed %d: %d characters, and %d would do", seed, least, size)
				}
				if counted := sizeOf(joined) - 1 + len(`{"Version":"2012-10-17","Statement":[]}`); counted != size {
					t.Fatalf("seed %d: counted %d characters, it has %d", seed, counted, size)
				}
			}
		}
	}
}

// MinIO takes "bucket/*" for the bucket itself too, so no other bucket's actions stand beside it.
func TestAllOfABucketStandsBesideThatBucketAlone(t *testing.T) {
	needed.FullSpeed(t)
	t.Parallel()
	for seed := range uint64(2000) {
		for _, s := range randomGrants(rand.New(rand.NewPCG(seed, 2))).gather().shared() {
			if !slices.ContainsFunc(s.Action, func(a string) bool { return kindOf(a) == "bucket" }) {
				continue
			}
			for _, resource := range s.Resource {
				bucket, all := strings.CutSuffix(resource, "/*")
				if all && kindOf(bucket) == "bucket" && !slices.Contains(s.Resource, bucket) {
					t.Fatalf("seed %d: %s", seed, s.JSON())
				}
			}
		}
	}
}

func TestVerbsArePutTogether(t *testing.T) {
	t.Parallel()
	for v := Verbs(1); v <= everyVerb; v++ {
		seen := map[string]bool{}
		for _, parts := range ways(v) {
			var whole Verbs
			for i, part := range parts {
				whole |= part
				var others Verbs
				for j, other := range parts {
					if j != i {
						others |= other
					}
				}
				if others == v {
					t.Errorf("%d: %v has one too many", v, parts)
				}
			}
			if whole != v || seen[string(parts)] {
				t.Errorf("%d: %v", v, parts)
			}
			seen[string(parts)] = true
		}
	}
}

// How much one session policy has room for.
func TestHowManyDatasetsFit(t *testing.T) {
	t.Parallel()
	const key = "arn:aws:kms:us-east-1:111122223333:key/2b1c5a52-7a2e-4b0c-9a43-5d1f0c8b7e"
	fit := func(place func(i int) Place) int {
		g := Grants{Partition: "aws", TLS: true}
		for i := 0; ; i++ {
			if g.Places = append(g.Places, place(i)); len(Compile(g)) > iam.MaxSessionPolicy {
				return i
			}
		}
	}
	inBuckets := func(i int) Location {
		return Location{fmt.Sprintf("acme-ml-data-%02d", i), fmt.Sprintf("churn-%02d/", i)}
	}
	inOne := func(i int) Location { return Location{"acme-ml-data", fmt.Sprintf("churn-%02d/", i)} }
	keyed := func(i int) string { return fmt.Sprintf("%s%02d", key, i) }
	for name, c := range map[string]struct {
		place func(i int) Place
		want  int
	}{
		"read, in buckets of their own":   {func(i int) Place { return Place{Location: inBuckets(i), Verbs: Read} }, 8},
		"read and written, in buckets":    {func(i int) Place { return Place{Location: inBuckets(i), Verbs: Read | Write} }, 8},
		"whole buckets":                   {func(i int) Place { return Place{Location: Location{inBuckets(i).Bucket, ""}, Verbs: everyVerb} }, 26},
		"read and written, in one bucket": {func(i int) Place { return Place{Location: inOne(i), Verbs: Read | Write} }, 30},
		"with one key, in buckets":        {func(i int) Place { return Place{Location: inBuckets(i), Verbs: Read | Write, KMSKey: key} }, 5},
		"read, with keys of their own":    {func(i int) Place { return Place{Location: inOne(i), Verbs: Read, KMSKey: keyed(i)} }, 12},
		"written, with keys of their own": {func(i int) Place { return Place{Location: inOne(i), Verbs: Read | Write, KMSKey: keyed(i)} }, 3},
	} {
		if got := fit(c.place); got != c.want {
			t.Errorf("%s: %d fit, and %d did", name, got, c.want)
		}
	}
}
