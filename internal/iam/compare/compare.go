// Package compare says where two policies, or two sets of them, differ in what they allow.
//
// In come documents as AWS has them, those that are wanted and those that are there; out come differences: more or less, which
// actions on what under which circumstances, by which statement, with a request that package evaluate judges differently by the
// two sides. How a policy is written does not matter: order, lists, case of actions, statements that are split, merged or
// redundant, wildcards that mean the same of what AWS has today.
//
// Requests are taken apart by everything that either side names: actions, resources, principals and values of conditions fall
// into cells, in each of which all requests meet the same patterns, and one of each cell is decided. It is exact as long as the
// budget lasts and no condition compares with a variable; where it is not, Result.Whole is false, and equality is never claimed.
//
// It must never call equal what it did not look at. It asks nobody, and its time and memory are bounded for any input.
package compare

import (
	"fmt"

	"github.com/dbxaccess/dbxaccess/internal/iam/evaluate"
)

// Policies are documents of one side. Boundary nil is none.
type Policies struct {
	Identity []string // of a role, inline and managed; or its one trust policy
	Boundary []string
}

// Layer is what kind of policy a statement stands in.
type Layer int

// Layers.
const (
	Identity Layer = iota
	Boundary
)

// Place is a statement of one side.
type Place struct {
	Actual    bool // of what is there, else of what is wanted
	Layer     Layer
	Document  int // counted from 0
	Statement int // counted from 1
	Sid       string
}

// Difference is something that one side allows and the other does not.
type Difference struct {
	More      bool     // the actual side allows it
	Actions   []string // as they are known, or patterns of them
	Resources []string // as the statement that allows names them; none in trust
	Who       []string // likewise; in trust alone
	// Allows is the statement that allows. Refuses is the Deny of the other side that does not let it, nil if nothing there allows.
	Allows  Place
	Refuses *Place
	Bounded bool // the other side's boundary is what does not let it
	// Request is an example. Needs are those keys of its context by which the two sides part: with another value both would
	// allow it. A key that is to be absent has no values.
	Request evaluate.Request
	Needs   map[string][]string
	Sure    bool // package evaluate judges the example differently by the two sides
}

// Result is what a comparison found.
type Result struct {
	Differences []Difference
	Whole       bool // everything was looked at: without a difference, the two sides allow the same
}

// most is how much work a comparison may be, in steps of some ten nanoseconds.
const most = 40_000_000

// Permissions compares what a role may do.
func Permissions(wanted, actual Policies, roleARN string) (Result, error) {
	return run(wanted, actual, roleARN, false)
}

// Action compares what a role may do of one action, as in iam:PassRole, and passes over all else that its policies say.
func Action(action string, wanted, actual Policies, roleARN string) (Result, error) {
	m, err := newModel(wanted, actual, roleARN, false)
	if err != nil {
		return Result{}, err
	}
	m.only = action
	return m.run(), nil
}

// Trust compares who may assume a role, by its trust policy. "" is none, which lets in nobody.
func Trust(wanted, actual, roleARN string) (Result, error) {
	var sides [2]Policies
	for i, document := range []string{wanted, actual} {
		if document != "" {
			sides[i].Identity = []string{document}
		}
	}
	return run(sides[0], sides[1], roleARN, true)
}

func run(wanted, actual Policies, roleARN string, trust bool) (Result, error) {
	m, err := newModel(wanted, actual, roleARN, trust)
	if err != nil {
		return Result{}, err
	}
	return m.run(), nil
}

func (m *model) run() Result {
	if m.sameAtoms() {
		return Result{Whole: true}
	}
	if m.tooLarge() {
		return Result{}
	}
	m.compare()
	return Result{Differences: m.differences(), Whole: m.whole}
}

// model is both sides, taken apart.
type model struct {
	trust      bool
	only       string // the one action that is compared; "" for all
	role       roleName
	judges     [2]evaluate.Layers
	statements []statement
	bounded    [2]bool
	budget     *budget
	whole      bool
	variable   []string // keys that policies have as variables, once they were looked for
	loose      bool     // some statements are

	groups map[string]*group
	order  []string // keys of groups, as found
}

func newModel(wanted, actual Policies, roleARN string, trust bool) (*model, error) {
	role, err := newRoleName(roleARN)
	if err != nil {
		return nil, err
	}
	m := &model{trust: trust, role: role, budget: &budget{most}, whole: true, groups: make(map[string]*group)}
	for side, policies := range [...]Policies{wanted, actual} {
		m.bounded[side] = policies.Boundary != nil
		for layer, documents := range [...][]string{policies.Identity, policies.Boundary} {
			parsed := make([]*evaluate.Policy, 0, len(documents))
			for i, document := range documents {
				p, err := evaluate.Parse(document)
				if err != nil {
					return nil, fmt.Errorf("document %d: %w", i+1, err)
				}
				statements, err := statementsOf(document, Place{Actual: side == 1, Layer: Layer(layer), Document: i})
				if err != nil {
					return nil, fmt.Errorf("document %d: %w", i+1, err)
				}
				parsed, m.statements = append(parsed, p), append(m.statements, statements...)
			}
			switch l := &m.judges[side]; {
			case Layer(layer) == Boundary:
				if policies.Boundary != nil {
					l.Boundary = parsed
				}
			case trust:
				l.Resource = parsed
			default:
				l.Identity = parsed
			}
		}
	}
	return m, nil
}

// mostAtoms bounds what a statement is taken apart into for a first look.
const mostAtoms = 4_000

// sameAtoms reports whether both sides are made of the same parts, which is soon seen and exact.
func (m *model) sameAtoms() bool {
	var sets [2]map[string]bool
	sets[0], sets[1] = make(map[string]bool), make(map[string]bool)
	for i := range m.statements {
		s := &m.statements[i]
		atoms := s.atoms(mostAtoms)
		if atoms == nil {
			return false
		}
		set := sets[side(s)]
		for _, atom := range atoms {
			set[fmt.Sprint(s.at.Layer)+atom] = true
		}
		if len(set) > mostAtoms {
			return false
		}
	}
	for atom := range sets[0] {
		if !sets[1][atom] {
			return false
		}
	}
	return len(sets[0]) == len(sets[1]) && m.bounded[0] == m.bounded[1]
}

// tooLarge reports whether there is more than can be compared in bounded time.
func (m *model) tooLarge() bool {
	const mostStatements, mostPatterns = 1000, 4000
	patterns := 0
	for i := range m.statements {
		s := &m.statements[i]
		patterns += len(s.Action) + len(s.NotAction) + len(s.Resource) + len(s.NotResource)
	}
	return len(m.statements) > mostStatements || patterns > mostPatterns
}

func side(s *statement) int {
	if s.at.Actual {
		return 1
	}
	return 0
}
