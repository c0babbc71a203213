package refusal

import "errors"

// Found is what a text holds.
type Found struct {
	Refusal      // the first that is a matter of authorisation; without one the first that there is
	Others  int  // further ones that differ from it and from one another
	More    bool // there may be more than were counted
}

// ErrNone: nothing in the text is recognised as a refusal.
var ErrNone = errors.New("nothing here is recognised as a refusal")

// Read finds the refusals of a text of at most MaxSize bytes; what is beyond is not looked at. ErrNone where there is none.
func Read(text []byte) (Found, error) {
	found, _, err := read(text)
	return found, err
}

func read(text []byte) (Found, *page, error) {
	p := newPage(text[:min(len(text), MaxSize)])
	events, cut := p.events()
	all := distinct(events)
	if len(all) == 0 {
		return Found{}, p, ErrNone
	}
	chosen := 0
	for _, class := range []func(Kind) bool{
		func(k Kind) bool { return k != NoCredentials && k != NotAuthorisation },
		func(k Kind) bool { return k == NoCredentials },
	} {
		if at := indexOf(all, class); at >= 0 {
			chosen = at
			break
		}
	}
	return Found{Refusal: all[chosen], Others: len(all) - 1, More: cut}, p, nil
}

func indexOf(all []Refusal, class func(Kind) bool) int {
	for i, r := range all {
		if class(r.Kind) {
			return i
		}
	}
	return -1
}

// distinct drops repetitions, and what says less of the same: clients tell a refusal again on the way up, each time with
// less.
func distinct(events []Refusal) []Refusal {
	var all []Refusal
	seen := make(map[Refusal]bool, len(events))
	for _, r := range events {
		if seen[r] {
			continue
		}
		seen[r] = true
		merged := false
		for i := range all {
			if i >= maxCompared {
				break
			}
			if joined, same := join(all[i], r); same {
				all[i], merged = joined, true
				break
			}
		}
		if !merged {
			all = append(all, r)
		}
	}
	return all
}

// maxCompared bounds with how many others a refusal is compared, so that thousands of different ones stay cheap.
const maxCompared = 64

// join makes one of two that may be the same. Those of different kinds are not, unless one says no reason.
func join(a, b Refusal) (Refusal, bool) {
	if a.Kind != b.Kind && a.Kind != Unsaid && b.Kind != Unsaid {
		return a, false
	}
	if authorisation(a.Kind) != authorisation(b.Kind) || a.Fault != b.Fault {
		return a, false
	}
	for _, pair := range [][2]string{
		{a.Principal, b.Principal}, {a.Action, b.Action}, {a.Resource, b.Resource}, {a.Prefix, b.Prefix}, {a.Policy, b.Policy},
		{a.EncodedMessage, b.EncodedMessage},
	} {
		if pair[0] != "" && pair[1] != "" && pair[0] != pair[1] {
			return a, false
		}
	}
	if a.Kind == Unsaid {
		a.Kind = b.Kind
	}
	for _, field := range []struct {
		into *string
		from string
	}{
		{&a.Principal, b.Principal}, {&a.Action, b.Action}, {&a.Resource, b.Resource}, {&a.Prefix, b.Prefix}, {&a.Policy, b.Policy},
		{&a.Operation, b.Operation}, {&a.EncodedMessage, b.EncodedMessage},
	} {
		if *field.into == "" {
			*field.into = field.from
		}
	}
	a.Denied = a.Denied || b.Denied
	return a, true
}

func authorisation(k Kind) bool { return k != NotAuthorisation && k != NoCredentials }
