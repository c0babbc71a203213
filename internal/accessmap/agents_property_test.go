package accessmap_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/needed"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// agentRule is what a random map says of an agent. nil is all.
type agentRule struct {
	verbs           []string
	roles, datasets *[]string
}

func randomAgent(random *rand.Rand, w world) agentRule {
	some := func(of []string) []string {
		return slices.DeleteFunc(slices.Clone(of), func(string) bool { return random.IntN(3) == 0 })
	}
	a := agentRule{verbs: some([]string{"read", "write", "delete"})}
	var roles, datasets []string
	for _, r := range w.roles {
		roles = append(roles, r.name)
	}
	for _, d := range w.datasets {
		datasets = append(datasets, d.name)
	}
	roles, datasets = some(roles), some(datasets)
	if random.IntN(3) == 0 {
		a.roles = &roles
	}
	if random.IntN(2) == 0 {
		a.datasets = &datasets
	}
	return a
}

func (a agentRule) text() string {
	words := []string{"verbs: " + quoted(a.verbs)}
	if a.roles != nil {
		words = append(words, "roles: "+quoted(*a.roles))
	}
	if a.datasets != nil {
		words = append(words, "datasets: "+quoted(*a.datasets))
	}
	return "agents: {x: {" + strings.Join(words, ", ") + "}}\n"
}

// of leaves of what a person may do what is also the agent's: nothing by hand, and all denials.
func (a agentRule) of(g grants) grants {
	for verb, list := range map[string]*[]dataset{"read": &g.read, "write": &g.write, "delete": &g.delete} {
		*list = slices.DeleteFunc(slices.Clone(*list), func(d dataset) bool {
			return !slices.Contains(a.verbs, verb) || a.datasets != nil && !slices.Contains(*a.datasets, d.name)
		})
	}
	g.statements = nil
	return g
}

// An agent's policy allows what both the person and the agent may do: no more, no less. The person's own allows all of it, whether
// the map speaks of agents or not.
func TestPoliciesOfAgentsGrantWhatBothMay(t *testing.T) {
	needed.FullSpeed(t)
	t.Parallel()
	const maps = 60
	refused := make(chan ui.ID, maps*20)
	t.Run("maps", func(t *testing.T) {
		for seed := range uint64(maps) {
			t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
				t.Parallel()
				random := rand.New(rand.NewPCG(seed, 7))
				w := randomWorld(random)
				a := randomAgent(random, w)
				text := strings.Replace(w.text(), "version: 1\n", "version: 1\n"+a.text(), 1)
				m, err := accessmap.Parse("random.yaml", []byte(text))
				if err != nil {
					t.Fatalf("%v\n%s", err, text)
				}
				requests := w.requests()
				for _, r := range w.roles {
					for _, scope := range append([][]string{nil}, single(w.datasetsOf(r))...) {
						difference, id := w.agentDifference(m, a, r, scope, requests)
						if difference != "" {
							t.Errorf("%s\n%s", difference, text)
						}
						refused <- id
					}
				}
			})
		}
	})
	close(refused)
	seen := make(map[ui.ID]int)
	for id := range refused {
		seen[id]++
	}
	t.Log(seen)
	for _, id := range []ui.ID{"", "agent-role-denied", "agent-not-narrowable", "agent-nothing-left"} {
		if seen[id] < 5 {
			t.Errorf("%d of %q: the random maps say little", seen[id], id)
		}
	}
}

func single(names []string) (lists [][]string) {
	for _, name := range names {
		lists = append(lists, []string{name})
	}
	return lists
}

// agentDifference compares an agent's policy with the words of the map and with the person's; and with what refuses it.
func (w world) agentDifference(m *accessmap.Map, a agentRule, r role, scope []string, requests []request) (difference string, refused ui.ID) {
	both := a.of(w.grants(r, scope))
	some := len(both.read)+len(both.write)+len(both.delete) > 0
	var want ui.ID
	switch {
	case a.roles != nil && !slices.Contains(*a.roles, r.name):
		want = "agent-role-denied"
	case len(both.all) == 0:
		want = "agent-not-narrowable"
	case !some:
		want = "agent-nothing-left"
	}
	sent, err := m.AgentPolicies("x", r.name, scope, r.until)
	switch id := ui.IDOf(err); {
	case id == "session-policy-size":
		return "", id
	case id != want || want == "" && sent.Session == "":
		return fmt.Sprintf("role %s %v: refused by %q, want %q: %v", r.name, scope, id, want, err), id
	case err != nil:
		return "", id
	}
	if difference := w.differs(r, scope, sent, both, requests); difference != "" {
		return difference, ""
	}
	person, err := m.Policies(r.name, scope, r.until)
	if err != nil {
		return "", ""
	}
	agents, persons := judged(sent), judged(person)
	for _, q := range requests {
		asked := q.asked(r.partition())
		if agents.allow(asked) && !persons.allow(asked) {
			return fmt.Sprintf("role %s %v, %s: allowed to the agent and not to the person\n%s\n%s", r.name, scope, q, sent, person), ""
		}
	}
	return "", ""
}
