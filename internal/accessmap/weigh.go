package accessmap

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// tooLarge says by how much a role's session policy is longer than AWS takes, what of it weighs most, and what would fit.
type tooLarge struct {
	role     string
	size     int      // in characters
	all      int      // datasets
	heaviest []weight // at most three
	// The datasets that would fit, or those without which the others would, whichever is shorter; both may be long.
	fits, without []string
}

// weight is how many characters shorter a policy would be without a dataset.
type weight struct {
	dataset    string
	characters int
}

// maxExplained bounds of how many roles of a map it is said what makes them too large: each is compiled some twenty times.
const maxExplained = 50

// explainSize looks for what makes a policy of size characters too long. What it costs is bounded: a role may have
// thousands of datasets, of which a few are weighed by leaving them out.
func (m *Map) explainSize(e *Effective, until time.Time, size int) tooLarge {
	const told = 3
	datasets := m.byLength(e.Datasets())
	t := tooLarge{role: e.Role, size: size, all: len(datasets)}
	t.heaviest = m.weights(e, until, datasets, size)
	t.heaviest = t.heaviest[:min(len(t.heaviest), told)]
	// The lightest fit first: so many as still do.
	first, last := 0, len(datasets)
	for first < last {
		middle := (first + last + 1) / 2
		if fits := e.only(datasets[:middle]...); m.compile(fits, until).size(fits) <= iam.MaxSessionPolicy {
			first = middle
		} else {
			last = middle - 1
		}
	}
	t.fits, t.without = slices.Sorted(slices.Values(datasets[:first])), slices.Sorted(slices.Values(datasets[first:]))
	return t
}

// weights are those of some datasets that may be heavy, of all that a role has by what they are about, the heaviest first.
func (m *Map) weights(e *Effective, until time.Time, all []string, size int) []weight {
	const weighed = 8
	var heavy []weight
	for _, name := range all[max(0, len(all)-weighed):] {
		others := slices.DeleteFunc(slices.Clone(all), func(other string) bool { return other == name })
		heavy = append(heavy, weight{name, size - m.whole(e.only(others...), until)})
	}
	slices.SortFunc(heavy, func(a, b weight) int {
		return cmp.Or(cmp.Compare(b.characters, a.characters), cmp.Compare(a.dataset, b.dataset))
	})
	return heavy
}

// Weight is how many characters shorter a role's session policy would be without a part of it.
type Weight struct {
	Part       string // in words
	Dataset    string // its name; "" where the part is none
	Characters int
}

// PolicyWeights are how many characters all that is sent with a role has, narrowed to a scope as Policies does it, and what of that weighs
// most, the heaviest first. Datasets share statements, so weights do not add up to the whole. Errors are those of Policies, but for the size.
func (m *Map) PolicyWeights(role string, scope []string) (whole int, parts []Weight, err error) {
	r, err := m.takeable(role)
	if err != nil {
		return 0, nil, err
	}
	e := m.effective(r)
	if err := m.narrow(e, scope); err != nil {
		return 0, nil, err
	}
	until := m.ends()[role]
	whole = m.whole(e, until)
	for _, one := range m.weights(e, until, m.byLength(e.Datasets()), whole) {
		parts = append(parts, Weight{"dataset " + one.dataset, one.dataset, one.characters})
	}
	for part, drop := range map[string]func(*Effective){
		"its statements":                   func(e *Effective) { e.Statements = nil },
		"the ARNs of its managed policies": func(e *Effective) { e.ManagedPolicies = nil },
	} {
		bare := *e
		drop(&bare)
		if weight := whole - m.whole(&bare, until); weight > 0 {
			parts = append(parts, Weight{Part: part, Characters: weight})
		}
	}
	slices.SortStableFunc(parts, func(a, b Weight) int {
		return cmp.Or(cmp.Compare(b.Characters, a.Characters), cmp.Compare(a.Part, b.Part))
	})
	return whole, parts, nil
}

// byLength puts datasets in the order of what they take of a policy, near enough.
func (m *Map) byLength(datasets []string) []string {
	slices.SortStableFunc(datasets, func(a, b string) int { return cmp.Compare(m.Datasets[a].about(), m.Datasets[b].about()) })
	return datasets
}

// about is how much a dataset takes of a policy, near enough to put them in an order.
func (d *Dataset) about() int {
	size := 3 * len(d.KMSKey)
	for _, l := range slices.Concat(d.Locations, d.Deny) {
		size += 2*len(l.Bucket+l.Prefix) + 40
	}
	return size
}

// String is one line, a clause.
func (t tooLarge) String() string {
	text := fmt.Sprintf("the session policy of role %s has %d characters, AWS takes %d: %d too many",
		t.role, t.size, iam.MaxSessionPolicy, t.size-iam.MaxSessionPolicy)
	for i, w := range t.heaviest {
		before := ", "
		if i == 0 {
			before = "; most is taken by "
		}
		text += fmt.Sprintf("%s%s (%d)", before, w.dataset, w.characters)
	}
	return text
}

// split says what would fit, for who may change the role.
func (t tooLarge) split() string {
	switch {
	case t.heaviest == nil:
		return "split the role"
	case len(t.fits) == 0:
		return "no dataset of it fits: shorten its locations or its statements"
	case len(t.without) <= 4:
		return "split the role: it fits without " + strings.Join(t.without, ", ")
	}
	return fmt.Sprintf("split the role: %d of its %d datasets fit", len(t.fits), t.all)
}

// fix is what helps who may only take the role.
func (t tooLarge) fix() ui.Fix {
	const otherwise = "or have the role split in the access map"
	switch {
	case len(t.fits) == 0:
		return ui.Advice("have the role changed in the access map: " + t.split())
	case len(t.fits) <= 4:
		return ui.Advice("narrow it to what fits: --scope "+strings.Join(t.fits, ","), otherwise)
	}
	return ui.Advice(fmt.Sprintf("narrow it to the datasets you need with --scope DATASET,…: %d of its %d fit", len(t.fits), t.all), otherwise)
}

// whole is how many characters all that is sent with a role has.
func (m *Map) whole(e *Effective, until time.Time) int {
	return iam.SessionPolicySize(m.compile(e, until).Whole, e.ManagedPolicies)
}

// only is what a role amounts to, narrowed to some of its datasets.
func (e *Effective) only(datasets ...string) *Effective {
	narrowed := *e
	datasets = slices.Sorted(slices.Values(datasets))
	for _, grants := range []*[]string{&narrowed.Read, &narrowed.Write, &narrowed.Delete} {
		*grants = slices.DeleteFunc(slices.Clone(*grants), func(name string) bool {
			_, has := slices.BinarySearch(datasets, name)
			return !has
		})
	}
	return &narrowed
}
