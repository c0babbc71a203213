package accessmap_test

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/iam/evaluate"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// What a compiled policy allows is what the map's words grant: no more, no less. The words are read by the model of
// model_test.go, the policies by the judge in internal/iam/evaluate; neither knows the compiler. Each map is made from its
// number, which is all that is needed to have it again: go test -run 'TestPoliciesGrantWhatTheMapSays/seed=17$'.
func TestPoliciesGrantWhatTheMapSays(t *testing.T) {
	t.Parallel()
	const maps = 200
	for seed := range uint64(maps) {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Parallel()
			w := randomWorld(rand.New(rand.NewPCG(seed, 0)))
			if difference := compare(w); difference != "" {
				w = shrunk(w)
				t.Errorf("seed %d, as small as it fails:\n%s\n%s", seed, w.text(), compare(w))
			}
		})
	}
}

// The maps are of use only if most of their policies fit, and if requests are both allowed and denied, close to each other.
func TestTheRandomMapsSaySomething(t *testing.T) {
	t.Parallel()
	var policies, allowed, denied, long int
	for seed := range uint64(200) {
		w := randomWorld(rand.New(rand.NewPCG(seed, 0)))
		m := w.parse()
		for _, r := range w.roles {
			policies++
			if _, err := m.Policy(r.name, nil, r.until); err != nil {
				long++
			}
			g := w.grants(r, nil)
			for _, q := range w.requests(r) {
				if g.allows(q) {
					allowed++
				} else {
					denied++
				}
			}
		}
	}
	t.Logf("%d policies, %d of them too long; %d requests are allowed, %d denied", policies, long, allowed, denied)
	if long > policies/10 || allowed < denied/20 || denied < allowed/20 {
		t.Error("the random maps say little")
	}
}

// The same holds for every map that people are shown.
func TestPoliciesOfTheExamples(t *testing.T) {
	t.Parallel()
	roles := 0
	for name, text := range exampleMaps(t) {
		m, err := accessmap.Parse(name, []byte(text))
		if err != nil {
			continue // what is wrong with it is another test's
		}
		w := worldOf(m)
		roles += len(w.roles)
		if difference := w.compareWith(m); difference != "" {
			t.Errorf("%s: %s", name, difference)
		}
	}
	if roles < 50 {
		t.Errorf("%d roles: maps were missed", roles)
	}
}

// exampleMaps are the maps in testdata, in the README and below docs, by where they are.
func exampleMaps(t *testing.T) map[string]string {
	t.Helper()
	examples := make(map[string]string)
	for _, root := range []string{"testdata", "../../README.md", "../../docs"} {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			switch filepath.Ext(path) {
			case ".yaml":
				examples[path] = string(text)
			case ".md":
				for i, block := range codeBlocks(string(text)) {
					if block.language == "yaml" && strings.HasPrefix(block.text, "version: 1\n") {
						examples[fmt.Sprintf("%s, block %d", path, i+1)] = block.text
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return examples
}

// worldOf has the datasets and roles of a map as they are written in it.
func worldOf(m *accessmap.Map) world {
	var w world
	for _, name := range slices.Sorted(maps.Keys(m.Datasets)) {
		d := m.Datasets[name]
		w.datasets = append(w.datasets, dataset{name, location{d.Locations[0].Bucket, d.Locations[0].Prefix}, d.KMSKey})
	}
	for _, name := range slices.Sorted(maps.Keys(m.Roles)) {
		r := m.Roles[name]
		if beyondTheModel(m, r) {
			continue
		}
		of := role{name: name, inherits: r.Inherits, read: r.Read, write: r.Write, delete: r.Delete, abstract: r.AWS == nil}
		if r.AWS != nil {
			// A permission set has no ARN; all in the examples are in the partition aws.
			of.arn = cmp.Or(r.AWS.RoleARN, roleARN)
		}
		w.roles = append(w.roles, of)
	}
	return w
}

// beyondTheModel reports whether a role has something that the model has no words for.
func beyondTheModel(m *accessmap.Map, r *accessmap.Role) bool {
	e, err := m.Effective(r.Name)
	return err != nil || len(e.Statements)+len(e.ManagedPolicies) > 0 || slices.ContainsFunc(e.Datasets(), func(name string) bool {
		d := m.Datasets[name]
		return len(d.Locations) > 1 || len(d.Deny) > 0 || d.RootExact
	})
}

// compare is the first difference between the map and what its policies allow, "" for none. Each role is tried whole, and
// narrowed to each of its datasets.
func compare(w world) string {
	return w.compareWith(w.parse())
}

func (w world) compareWith(m *accessmap.Map) string {
	for _, r := range w.roles {
		if r.abstract {
			continue
		}
		scopes := [][]string{nil}
		for _, name := range w.datasetsOf(r) {
			scopes = append(scopes, []string{name})
		}
		for _, scope := range scopes {
			text, err := m.Policy(r.name, scope, r.until)
			if ui.IDOf(err) == "session-policy-size" {
				continue
			}
			if err != nil {
				return fmt.Sprintf("role %s: %v", r.name, err)
			}
			if difference := w.difference(r, scope, text); difference != "" {
				return difference
			}
		}
	}
	return ""
}

// difference compares one policy with the words.
func (w world) difference(r role, scope []string, text string) string {
	if text == "" {
		if len(w.datasetsOf(r)) == 0 {
			return ""
		}
		return fmt.Sprintf("role %s %v has datasets and no policy", r.name, scope)
	}
	p, err := evaluate.Parse(text)
	if err != nil {
		return fmt.Sprintf("role %s: %v in %s", r.name, err, text)
	}
	g := w.grants(r, scope)
	for _, q := range w.requests(r) {
		want := g.allows(q)
		got := p.Evaluate(q.asked(r.partition())).Effect == evaluate.Allow
		if got == want && want && !r.until.IsZero() { // what is allowed ends
			q.when = r.until
			want, got = g.allows(q), p.Evaluate(q.asked(r.partition())).Effect == evaluate.Allow
		}
		if got != want {
			return fmt.Sprintf("role %s %v until %v, %s: allowed by the map %v, by the policy %v\n%s", r.name, scope, r.until, q, want, got, text)
		}
	}
	return ""
}

// shrunk is a part of a failing world that still fails, though none of its own parts does.
func shrunk(w world) world {
	for {
		smaller := false
		for _, part := range w.parts() {
			if compare(part) != "" {
				w, smaller = part, true
				break
			}
		}
		if !smaller {
			return w
		}
	}
}

func (w world) parse() *accessmap.Map {
	m, err := accessmap.Parse("random.yaml", []byte(w.text()))
	if err != nil {
		panic(fmt.Sprintf("%v\n%s", err, w.text()))
	}
	return m
}
