package trace

import (
	"cmp"
	"slices"
)

// mostKeys bounds how many people, datasets, runs and so on are told apart; what further ones did is added up without their names.
const mostKeys = 10_000

// Sum is what adds up for a person, a dataset or a run. Refused requests count as such alone.
type Sum struct {
	Reads   int64 `json:"reads"`
	Writes  int64 `json:"writes"`
	Deletes int64 `json:"deletes"`
	Refused int64 `json:"refused"`
	Bytes   int64 `json:"bytes"` // that were read
	First   int64 `json:"first"` // in seconds of Unix time
	Last    int64 `json:"last"`
}

func (s *Sum) add(a *seen) {
	if s.First == 0 || a.at < s.First {
		s.First = a.at
	}
	s.Last = max(s.Last, a.at)
	switch {
	case a.refused:
		s.Refused++
	case a.verb == Read:
		s.Reads++
		s.Bytes += max(0, a.bytes)
	case a.verb == Write:
		s.Writes++
	case a.verb == Delete:
		s.Deletes++
	}
}

// Sums are sums by something. Others is what came after mostKeys.
type Sums[K comparable] struct {
	By     map[K]*Sum
	Others Sum
}

// Of is the sum of a key.
func (s *Sums[K]) Of(key K) *Sum {
	sum := s.By[key]
	if sum == nil {
		if len(s.By) >= mostKeys {
			return &s.Others
		}
		if s.By == nil {
			s.By = map[K]*Sum{}
		}
		sum = &Sum{}
		s.By[key] = sum
	}
	return sum
}

// Sorted are the keys, those that read most first.
func (s *Sums[K]) Sorted(order func(a, b K) int) []K {
	keys := make([]K, 0, len(s.By))
	for key := range s.By {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b K) int {
		x, y := s.By[a], s.By[b]
		return cmp.Or(cmp.Compare(y.Bytes, x.Bytes), cmp.Compare(y.Reads, x.Reads), order(a, b))
	})
	return keys
}

// Cell is what a person did with a dataset.
type Cell struct {
	Person  Person
	Dataset string
}

// RunOf is a run of a person: nothing keeps two people from calling theirs alike.
type RunOf struct {
	Run    string
	Person Person
}

// Grant is what of the map an access made use of.
type Grant struct {
	Identity, Rule, Role, Dataset string
	Verb                          Verb
}

// Tally is what adds up of a log.
type Tally struct {
	Events     int64 // entries of the logs
	Accesses   int64 // to data, once each
	Duplicates int64
	Joined     map[By]int64
	NotJoined  map[Reason]int64

	People   Sums[Person]
	Datasets Sums[string]
	Runs     Sums[RunOf]
	Cells    Sums[Cell]
	Grants   Sums[Grant]
	Hours    Sums[int64] // in hours of Unix time; what was joined

	places map[spot][]*Sum
	names  map[account]string // of rows that were joined elsewhere: see Told
}

func newTally() *Tally { return &Tally{Joined: map[By]int64{}, NotJoined: map[Reason]int64{}} }

// spot is where accesses are added up: those that have all of it in common are in the same sums, but for those of hours.
type spot struct {
	holder  *Holder
	dataset int
	verb    Verb
}

// mostSpots bounds the spots whose sums are known again. Looking one up takes a fifth of the time of looking for each sum by its names.
const mostSpots = 4096

// add counts an access. Datasets have the same numbers in all of them.
func (t *Tally) add(a *seen, dataset string) {
	h := a.holder
	at := spot{h, a.dataset, a.verb}
	sums := t.places[at]
	if sums == nil {
		if t.places == nil || len(t.places) >= mostSpots {
			t.places = map[spot][]*Sum{}
		}
		sums = t.sums(h, dataset, a.verb)
		t.places[at] = sums
	}
	t.count(a, sums)
}

// count counts an access, in these sums.
func (t *Tally) count(a *seen, sums []*Sum) {
	t.Accesses++
	if a.holder == nil {
		t.NotJoined[a.why]++
	} else {
		t.Joined[a.by]++
		t.Hours.Of(a.at / 3600).add(a)
	}
	for _, sum := range sums {
		sum.add(a)
	}
}

// sums are those that an access is added up in.
func (t *Tally) sums(h *Holder, dataset string, verb Verb) []*Sum {
	sums := []*Sum{t.Datasets.Of(dataset)}
	if h == nil {
		return sums
	}
	sums = append(sums, t.People.Of(h.Person), t.Cells.Of(Cell{h.Person, dataset}))
	if h.Run != "" {
		sums = append(sums, t.Runs.Of(RunOf{h.Run, h.Person}))
	}
	if dataset != "" && h.Role != "" {
		sums = append(sums, t.Grants.Of(Grant{h.Identity, h.Rule, h.Role, dataset, verb}))
	}
	return sums
}

// Compare orders people.
func (p Person) Compare(o Person) int {
	return cmp.Or(cmp.Compare(p.Subject, o.Subject), cmp.Compare(p.Identity, o.Identity), cmp.Compare(p.Issuer, o.Issuer))
}

// Compare orders runs.
func (r RunOf) Compare(o RunOf) int {
	return cmp.Or(cmp.Compare(r.Run, o.Run), r.Person.Compare(o.Person))
}

// Compare orders cells.
func (c Cell) Compare(o Cell) int {
	return cmp.Or(c.Person.Compare(o.Person), cmp.Compare(c.Dataset, o.Dataset))
}

// Compare orders grants.
func (g Grant) Compare(o Grant) int {
	return cmp.Or(cmp.Compare(g.Identity, o.Identity), cmp.Compare(g.Rule, o.Rule), cmp.Compare(g.Role, o.Role), cmp.Compare(g.Dataset, o.Dataset), cmp.Compare(g.Verb, o.Verb))
}
