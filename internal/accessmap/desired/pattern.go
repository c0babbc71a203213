package desired

import (
	"maps"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/iam"
)

// texts is what a condition wants of a key, in IAM's words: to be one of some values, or to be like a pattern and like none of
// others.
type texts struct {
	equals       string
	like         string
	notLike      []string
	mixed        bool // what IAM takes may be less than the rule does
	longest      int  // characters that a value has at least
	anyOfSeveral bool // the key may have several values, of which one has to fit
}

// newTexts writes a rule of the map. IAM's * and ? take slashes too, so where ours do not, what they take with a slash is excluded.
// That is exact where the rule has no ** beside a * or ?: a text that fits has as many slashes as the rule, and one that also fits
// with a slash in a wildcard would have more. Beside ** it may be less, and never more.
func newTexts(parts []accessmap.Part) texts {
	t := texts{}
	pattern, every, inside := false, false, false
	for _, p := range parts {
		pattern = pattern || p.Wild != accessmap.Text
		every = every || p.Wild == accessmap.Any
		inside = inside || p.Wild == accessmap.One || p.Wild == accessmap.Segment
		if p.Wild == accessmap.One {
			t.longest++
		}
		t.longest += len([]rune(p.Text))
	}
	if !pattern {
		t.equals = written(parts, -1, "")
		return t
	}
	t.like, t.mixed = written(parts, -1, ""), every && inside
	for i, p := range parts {
		switch p.Wild {
		case accessmap.Segment:
			t.notLike = append(t.notLike, written(parts, i, "*/*"))
		case accessmap.One:
			t.notLike = append(t.notLike, written(parts, i, "/"))
		}
	}
	return t
}

// written is a rule in IAM's pattern language, one of its parts replaced.
func written(parts []accessmap.Part, replaced int, by string) string {
	var b strings.Builder
	pattern := slices.ContainsFunc(parts, func(p accessmap.Part) bool { return p.Wild != accessmap.Text })
	for i, p := range parts {
		switch {
		case i == replaced:
			b.WriteString(by)
		case p.Wild == accessmap.Text:
			b.WriteString(literal(p.Text, pattern))
		case p.Wild == accessmap.One:
			b.WriteByte('?')
		default:
			b.WriteByte('*')
		}
	}
	return b.String()
}

// literal writes a text that stands for itself: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
// says how characters that begin a variable, or that are wildcards, are written.
func literal(s string, pattern bool) string {
	s = strings.ReplaceAll(s, "${", "${$}{")
	if pattern {
		s = strings.NewReplacer("${$}", "${$}", "*", "${*}", "?", "${?}").Replace(s)
	}
	return s
}

// add has conditions want it of a key. A key stands in each of the three operators once at most.
func (t texts) add(to iam.Conditions, key string) {
	one, none := "", ""
	if t.anyOfSeveral {
		one, none = "ForAnyValue:", "ForAllValues:"
	}
	put := func(operator string, values ...string) {
		if to[operator] == nil {
			to[operator] = make(map[string]iam.Words)
		}
		to[operator][key] = values
	}
	switch {
	case t.like == "":
		put(one+"StringEquals", t.equals)
		return
	case t.like == "*" && len(t.notLike) == 0:
		put("Null", "false")
		return
	}
	put(one+"StringLike", t.like)
	if len(t.notLike) > 0 {
		put(none+"StringNotLike", t.notLike...)
	}
}

// exactly has conditions want one text of a key.
func exactly(to iam.Conditions, key string, values ...string) {
	if to["StringEquals"] == nil {
		to["StringEquals"] = make(map[string]iam.Words)
	}
	escaped := make(iam.Words, len(values))
	for i, v := range values {
		escaped[i] = literal(v, false)
	}
	to["StringEquals"][key] = escaped
}

// clone copies conditions, so that one can be added.
func clone(c iam.Conditions) iam.Conditions {
	copied := make(iam.Conditions, len(c))
	for operator, keys := range c {
		copied[operator] = maps.Clone(keys)
	}
	return copied
}
