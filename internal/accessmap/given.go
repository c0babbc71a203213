package accessmap

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Given is a role that a rule gives, and until when.
type Given struct {
	Role   string
	Until  time.Time // UTC, in whole seconds: from then on the rule gives it no more; zero for no end
	Reason string    // why it is given, in the map's words; may be empty

	at position
}

// Ended reports whether the rule gives the role no more.
func (g Given) Ended(now time.Time) bool { return ended(g.Until, now) }

// ended reports whether an end has come; a zero one never does.
func ended(until, now time.Time) bool { return !until.IsZero() && !now.Before(until) }

// later is the later of two ends, of which a zero one never comes.
func later(a, b time.Time) time.Time {
	if a.IsZero() || b.IsZero() {
		return time.Time{}
	}
	if a.After(b) {
		return a
	}
	return b
}

// Until writes an end as a map has it: the last day, or a moment.
func Until(end time.Time) string {
	end = end.UTC()
	if end.Equal(end.Truncate(24 * time.Hour)) {
		return end.AddDate(0, 0, -1).Format(time.DateOnly)
	}
	return end.Format(time.RFC3339)
}

// maxReason bounds a reason, in characters: it stands in one line with the rest of a refusal.
const maxReason = 200

var (
	givenForm = &form{ref: "given", each: &form{schema: schema{AnyOf: []schema{{Ref: defs + "name"}, {Ref: defs + "given_role"}}}}}
	untilForm = &form{
		pattern: `^[12][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])` +
			`(T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9]))?$`,
		wrong: "is neither a day, as in 2027-01-31, nor a time, as in 2027-01-31T18:00:00Z", check: checkUntil,
	}
	reasonForm = &form{check: checkReason, longest: maxReason, schema: schema{MinLength: 1}}
)

var givenFields = []field[Given]{
	{"role", required, nameForm, func(v value, g *Given) { g.Role = v.nameOf(anyRole) },
		"The role's name."},
	{"until", optional, untilForm, func(v value, g *Given) { g.Until = v.until() },
		"The last day on which it is given, in UTC, as in 2027-01-31; or the moment at which that ends, as in 2027-01-31T18:00:00Z."},
	{"reason", optional, reasonForm, func(v value, g *Given) { g.Reason = v.text() },
		"Why it is given, for who reviews the map and who asks why it has ended."},
}

// given reads a list of roles: names, or mappings with more to say.
func (v value) given() []Given {
	if v.node.Kind != yaml.SequenceNode {
		v.wrong("expected a list, as in [a, b], found %s", kindOf(v.node))
		return nil
	}
	var list []Given
	var lines map[string]int
	if len(v.node.Content) > 1 { // as in each
		lines = make(map[string]int, len(v.node.Content))
	}
	for _, item := range v.node.Content {
		g := Given{at: place(item)}
		one := v.of(v.key, item)
		if item.Kind == yaml.MappingNode {
			read(v.decoder, item, v.key+": a role that is given", place(item), givenFields, &g)
		} else {
			one.form = nameForm
			g.Role = one.nameOf(anyRole)
		}
		if g.Role == "" {
			continue
		}
		if line, twice := lines[g.Role]; twice {
			v.add(g.at, "%s: %s is listed twice, first on line %d", v.key, shown(g.Role), line)
			continue
		}
		if lines != nil {
			lines[g.Role] = g.at.line
		}
		list = append(list, g)
	}
	return list
}

// until reads an end. YAML takes a day without quotes for a date, and so does who writes it.
func (v value) until() time.Time {
	if v.node.Kind != yaml.ScalarNode || kindOf(v.node) != "a date" && kindOf(v.node) != "a text" {
		v.wrong("expected a day, as in 2027-01-31, found %s", kindOf(v.node))
		return time.Time{}
	}
	text, err := v.form.accept(v.node.Value)
	if err != nil {
		v.wrong("%v", err)
		return time.Time{}
	}
	end, _ := endOf(text)
	return end
}

func checkUntil(s string) (string, error) {
	if _, err := endOf(s); err != nil {
		return "", fmt.Errorf("%s is no day of the calendar", shown(s))
	}
	return s, nil
}

// endOf is when what is given until then ends: a day is the last one, and whole.
func endOf(s string) (time.Time, error) {
	if day, err := time.Parse(time.DateOnly, s); err == nil {
		return day.AddDate(0, 0, 1), nil
	}
	end, err := time.Parse(time.RFC3339, s)
	return end.UTC(), err
}

func checkReason(s string) (string, error) {
	if strings.TrimSpace(s) == "" {
		return "", errors.New("no reason")
	}
	return checkPrintable(strings.TrimSpace(s))
}

// namesOf are the roles of a list.
func namesOf(list []Given) []string {
	names := make([]string, len(list))
	for i, g := range list {
		names[i] = g.Role
	}
	return names
}

// Assigned are the roles that IAM Identity Center may give through the identity, sorted.
func (i *Identity) Assigned() []string { return slices.Sorted(slices.Values(namesOf(i.Roles))) }

// givenBy iterates over all that an identity gives, in a fixed order, with who gets it in words.
func (i *Identity) givenBy() iter.Seq2[string, Given] {
	return func(yield func(string, Given) bool) {
		rules := i.rules()
		for _, key := range slices.Sorted(maps.Keys(rules)) {
			for _, g := range rules[key].given {
				if !yield(rules[key].who, g) {
					return
				}
			}
		}
	}
}

// limited reports whether the identity gives any role until some time.
func (i *Identity) limited() bool {
	isLimited := func(g Given) bool { return !g.Until.IsZero() }
	for _, list := range i.Groups {
		if slices.ContainsFunc(list, isLimited) {
			return true
		}
	}
	return slices.ContainsFunc(i.Roles, isLimited) ||
		slices.ContainsFunc(i.Claims, func(r ClaimRule) bool { return slices.ContainsFunc(r.Roles, isLimited) })
}

// ends are ends of the roles that some rule gives until then: any of several, as they are equally long to write.
func (m *Map) ends() map[string]time.Time {
	ends := make(map[string]time.Time)
	note := func(list []Given) {
		for _, g := range list {
			if !g.Until.IsZero() {
				ends[g.Role] = g.Until
			}
		}
	}
	for _, i := range m.Identities {
		note(i.Roles)
		for _, list := range i.Groups {
			note(list)
		}
		for _, rule := range i.Claims {
			note(rule.Roles)
		}
	}
	return ends
}

// joined are the roles of several lists, each once and with the latest of its ends, sorted.
func joined(lists ...[]Given) []Given {
	byRole := make(map[string]Given)
	for _, g := range slices.Concat(lists...) {
		if have, ok := byRole[g.Role]; ok && later(have.Until, g.Until).Equal(have.Until) {
			continue
		}
		byRole[g.Role] = g
	}
	list := make([]Given, 0, len(byRole))
	for _, role := range slices.Sorted(maps.Keys(byRole)) {
		list = append(list, byRole[role])
	}
	return list
}

// words are a role with its end, and why it is given.
func (g Given) words() string {
	text := g.Role
	if !g.Until.IsZero() {
		text += " until " + Until(g.Until)
	}
	if g.Reason != "" {
		text += " (" + g.Reason + ")"
	}
	return text
}
