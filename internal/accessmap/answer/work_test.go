package answer

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/needed"
)

// written is a role with statements written by hand, and places that it is denied.
func written(statements, resources, actions, denies int) (*accessmap.Effective, []accessmap.Location) {
	role := &accessmap.Effective{}
	for s := range statements {
		var one accessmap.Statement
		for r := range resources {
			one.Resources = append(one.Resources, fmt.Sprintf("arn:aws:s3:::acme-ml/%s%d-%d/*", strings.Repeat("a", 200), s, r))
		}
		for a := range actions {
			one.Actions = append(one.Actions, fmt.Sprintf("s3:Get%d", a))
		}
		role.Statements = append(role.Statements, one)
	}
	var denied []accessmap.Location
	for d := range denies {
		denied = append(denied, accessmap.Location{Bucket: "acme-ml", Prefix: fmt.Sprintf("%sx%d/", strings.Repeat("a", 200), d)})
	}
	return role, denied
}

// Whether a pattern meets a place is the same for every action: more actions take no more comparisons, only their lines.
func TestPlacesAreComparedOncePerResource(t *testing.T) {
	t.Parallel()
	spent := func(actions int) int {
		role, denied := written(1, 3, actions, 100)
		left := &budget{maxWork}
		if further := furtherOf(role, denied, left); len(further) != 3*actions {
			t.Fatalf("%d lines of %d", len(further), 3*actions)
		}
		return maxWork - left.left
	}
	one, many := spent(1), spent(50)
	if one < 3*100 {
		t.Errorf("%d steps for 300 comparisons", one)
	}
	if most := 49 * 3 * textWork(300); many-one > most {
		t.Errorf("49 actions more take %d steps more, %d at most", many-one, most)
	}
}

// The bound is on comparisons and on what is written, and holds in either question.
func TestTooMuchOfStatementsIsGivenUp(t *testing.T) {
	needed.FullSpeed(t)
	t.Parallel()
	role, denied := written(20, 50, 50, 400)
	left := &budget{maxWork}
	if further := furtherOf(role, denied, left); left.left >= 0 || further != nil {
		t.Errorf("comparisons: %d lines, %d steps left", len(further), left.left)
	}
	left = &budget{maxWork}
	if verbs := stated(role.Statements, denied, left); left.left >= 0 || len(verbs) > 0 {
		t.Errorf("comparisons for a dataset: %v, %d steps left", verbs, left.left)
	}
	role, denied = written(1, 50, 50, 100)
	role.Statements[0].Resources = slices.Repeat([]string{"*"}, 50)
	left = &budget{20_000} // each line says all that is denied, some 20,000 bytes
	if further := furtherOf(role, denied, left); left.left >= 0 || further != nil {
		t.Errorf("text: %d lines, %d steps left", len(further), left.left)
	}
}

// What is found by the first * alone is what a full comparison with texts that go on finds.
func TestBegins(t *testing.T) {
	needed.FullSpeed(t)
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	random := func(from string, most int) string {
		var b strings.Builder
		for range r.IntN(most + 1) {
			b.WriteByte(from[r.IntN(len(from))])
		}
		return b.String()
	}
	tails := []string{""}
	for n := 0; len(tails[n]) < 6; n++ {
		tails = append(tails, tails[n]+"a", tails[n]+"/")
	}
	for range 3000 {
		pattern, bucket := random("aa/?*", 6), random("a", 2)
		text := bucket + "/" + random("a/", 2)
		full := regexp.MustCompile("^" + strings.NewReplacer("?", ".", "*", ".*").Replace(pattern) + "$")
		want := full.MatchString(bucket)
		for _, tail := range tails {
			want = want || full.MatchString(text+tail)
		}
		if got := begins(pattern, text, len(bucket)); got != want {
			t.Fatalf("%q on %q, bucket %q: %v, want %v", pattern, text, bucket, got, want)
		}
	}
}
