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
	"github.com/dbxaccess/dbxaccess/internal/needed"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// What a compiled policy allows is what the map's words grant: no more, no less. The words are read by the model of
// model_test.go, the policies by the judge in internal/iam/evaluate; neither knows the compiler. Each map is made from its
// number, which is all that is needed to have it again: go test -run 'TestPoliciesGrantWhatTheMapSays/seed=17$'.
func TestPoliciesGrantWhatTheMapSays(t *testing.T) {
	needed.FullSpeed(t)
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
	needed.FullSpeed(t)
	t.Parallel()
	var policies, allowed, denied, long int
	for seed := range uint64(50) {
		w := randomWorld(rand.New(rand.NewPCG(seed, 0)))
		m, requests := w.parse(), w.requests()
		for _, r := range w.roles {
			policies++
			if _, err := m.Policy(r.name, nil, r.until); err != nil {
				long++
			}
			g := w.grants(r, nil)
			for _, q := range requests {
				if g.allows(q) {
					allowed++
				} else {
					denied++
				}
			}
		}
	}
	t.Logf("%d policies, %d of them too long; %d requests are allowed, %d denied", policies, long, allowed, denied)
	if long > policies/5 || allowed < denied/20 || denied < allowed/20 {
		t.Error("the random maps say little")
	}
}

// The same holds for every map that people are shown.
func TestPoliciesOfTheExamples(t *testing.T) {
	needed.FullSpeed(t)
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
		of := dataset{name: name, root: d.RootExact, key: d.KMSKey}
		for _, l := range d.Locations {
			of.places = append(of.places, location{l.Bucket, l.Prefix})
		}
		for _, l := range d.Deny {
			of.deny = append(of.deny, location{l.Bucket, l.Prefix})
		}
		w.datasets = append(w.datasets, of)
	}
	for _, name := range slices.Sorted(maps.Keys(m.Roles)) {
		r := m.Roles[name]
		of := role{name: name, inherits: r.Inherits, read: r.Read, write: r.Write, delete: r.Delete, abstract: r.AWS == nil}
		for _, s := range r.Statements {
			of.statements = append(of.statements, statement{s.Actions, s.Resources})
		}
		if r.AWS != nil {
			// A permission set has no ARN; all in the examples are in the partition aws.
			of.arn = cmp.Or(r.AWS.RoleARN, roleARN)
		}
		w.roles = append(w.roles, of)
	}
	return w
}

// compare is the first difference between the map and what its policies allow, "" for none. Each role is tried whole, and
// narrowed to each of its datasets.
func compare(w world) string {
	return w.compareWith(w.parse())
}

func (w world) compareWith(m *accessmap.Map) string {
	requests := w.requests()
	for _, r := range w.roles {
		if r.abstract {
			continue
		}
		scopes := [][]string{nil}
		for _, name := range w.datasetsOf(r) {
			scopes = append(scopes, []string{name})
		}
		for _, scope := range scopes {
			sent, err := m.Policies(r.name, scope, r.until)
			if ui.IDOf(err) == "session-policy-size" {
				continue
			}
			if err != nil {
				return fmt.Sprintf("role %s: %v", r.name, err)
			}
			if difference := w.difference(r, scope, sent, requests); difference != "" {
				return difference
			}
		}
	}
	return ""
}

// difference compares what is sent, in one policy or in two layers of which both have to allow, with the words.
func (w world) difference(r role, scope []string, sent accessmap.Policies, requests []request) string {
	if sent.Session == "" {
		if len(w.datasetsOf(r))+len(w.statementsOf(r)) == 0 {
			return ""
		}
		return fmt.Sprintf("role %s %v has datasets or statements and no policy", r.name, scope)
	}
	return w.differs(r, scope, sent, w.grants(r, scope), requests)
}

// differs is the first request of which what is sent says otherwise than the words, "" for none.
func (w world) differs(r role, scope []string, sent accessmap.Policies, g grants, requests []request) string {
	policies := judged(sent)
	for _, q := range requests {
		want := g.allows(q)
		got := policies.allow(q.asked(r.partition()))
		if got == want && want && !r.until.IsZero() { // what is allowed ends
			q.when = r.until
			want, got = g.allows(q), policies.allow(q.asked(r.partition()))
		}
		if got != want {
			return fmt.Sprintf("role %s %v until %v, %s: allowed by the map %v, by the policy %v\n%s", r.name, scope, r.until, q, want, got, sent)
		}
	}
	return ""
}

// layers are policies of which all have to allow.
type layers []*evaluate.Policy

func judged(sent accessmap.Policies) (list layers) {
	for _, text := range []string{sent.Session, sent.Layer} {
		if text == "" {
			continue
		}
		p, err := evaluate.Parse(text)
		if err != nil {
			panic(fmt.Sprintf("%v in %s", err, text))
		}
		list = append(list, p)
	}
	return list
}

func (l layers) allow(r evaluate.Request) bool {
	return !slices.ContainsFunc(l, func(p *evaluate.Policy) bool { return p.Evaluate(r).Effect != evaluate.Allow })
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
