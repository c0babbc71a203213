package compare

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/iam/evaluate"
)

// absent is the choice of a request that lacks the key.
var absent []string

// choices are requests' values of a condition key, one for each way in which they can meet what statements say of it, and
// none at all. Not whole if there are more than are tried.
func choices(about []statement, key string, sample func(string) string, b *budget) (list [][]string, whole bool) {
	c := collected{sample: sample}
	for i := range about {
		c.readAll(&about[i], key)
	}
	found, whole := cells(append([]glob{{mark, star}}, c.globs...), 1, b)
	texts := slices.Clone(c.texts)
	for _, f := range found {
		texts = append(texts, f.text)
	}
	if c.emptyIsOther(found) {
		texts = append(texts, "") // which s3:prefix may be; else a value of some length says more to a reader
	}
	between, all := ordered(c)
	texts = append(texts, between...)
	slices.Sort(texts)
	texts = slices.Compact(texts)
	whole = whole && all && !c.mixed()
	list = append(list, absent)
	for _, v := range texts {
		list = append(list, []string{v})
	}
	if c.many {
		const most = 4 // else there are sets that are not tried
		for i, v := range texts {
			for j, w := range texts[i+1:] {
				list = append(list, []string{v, w})
				if rest := texts[i+j+2:]; len(texts) <= most && len(rest) > 0 {
					for _, u := range rest {
						list = append(list, []string{v, w, u})
					}
				}
			}
		}
		list = append(list, texts)
		whole = whole && len(texts) <= most
	}
	return list, b.spend(len(list)) && whole
}

// collected is what the conditions on one key compare with.
type collected struct {
	sample   func(string) string
	globs    []glob
	texts    words // to be tried as they are
	numbers  words // these have an order, as the next ones
	moments  words
	networks []netip.Prefix
	many     bool // requests may have several values
}

// readAll reads what a statement says of a key.
func (c *collected) readAll(s *statement, key string) {
	for operator, of := range s.about(key) {
		base, every := strings.CutPrefix(evaluate.Lower(operator), "forallvalues:")
		base, some := strings.CutPrefix(base, "foranyvalue:")
		c.many = c.many || every || some
		for _, values := range of {
			for _, v := range values {
				c.read(strings.TrimSuffix(base, "ifexists"), v, s.variables())
			}
		}
	}
}

func (c *collected) read(operator, v string, variables bool) {
	w := writing{}
	if variables {
		w.variables = c.sample
	}
	switch {
	case operator == "null":
	case operator == "bool":
		c.globs = append(c.globs, glob("true").ignoringCase(), glob("false").ignoringCase())
	case operator == "binaryequals":
		c.texts = append(c.texts, v)
	case strings.HasPrefix(operator, "numeric"):
		c.numbers = append(c.numbers, v)
	case strings.HasPrefix(operator, "date"):
		c.moments = append(c.moments, v)
	case strings.HasPrefix(operator, "arn"):
		w.wild, w.arn = true, true
		c.globs = append(c.globs, w.read(v))
	case strings.HasSuffix(operator, "ignorecase"):
		c.globs = append(c.globs, w.read(v).ignoringCase())
	case strings.HasPrefix(operator, "string"):
		w.wild = strings.HasSuffix(operator, "like")
		c.globs = append(c.globs, w.read(v))
	default:
		if network, ok := prefix(v); ok {
			c.networks = append(c.networks, network)
		}
	}
}

// mixed reports whether a key is compared with as things of several kinds. What a value is as one and as the other is not
// told apart.
func (c *collected) mixed() bool {
	kinds := 0
	for _, n := range [...]int{len(c.globs), len(c.texts), len(c.numbers), len(c.moments), len(c.networks)} {
		kinds += min(n, 1)
	}
	return kinds > 1
}

// emptyIsOther reports whether a text without characters meets the globs as none of those found does.
func (c *collected) emptyIsOther(found []cell) bool {
	of := newBits(len(c.globs) + 1)
	of.set(0) // the universe, as all that are found
	for i, g := range c.globs {
		if g.matches("") {
			of.set(i + 1)
		}
	}
	return !slices.ContainsFunc(found, func(f cell) bool { return slices.Equal(f.of, of) })
}
