package compare

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// resourceCell is resources that the same patterns match.
type resourceCell struct {
	arn     string // one of them; "*" for what acts on nothing that has an ARN, "" for the role itself in trust
	of      bits   // statements
	service string
	slash   bool // an object in a bucket of S3, not the bucket
	account bool // of S3: neither, but an access point or the like
}

// serviceOf says which services' resources the actions of a service act on.
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
var serviceOf = map[string][]string{"s3": {"s3", "s3-object-lambda"}, "kms": {"kms"}, "iam": {"iam"}, "sts": {"iam", "sts"}}

// forms of ARNs that there are of those services, those that say the most in an example.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html#amazons3-resources-for-iam-policies
const forms = `s3:::?* s3:::?*/* s3:?*:?*:accesspoint/?* s3::?*:accesspoint/?*.mrap s3::?*:accesspoint/?*.mrap/object/*
kms:?*:?*:* iam::?*:* sts::?*:*`

// universe are all ARNs of the role's partition, those of such a form first. What has none of them is a resource too: AWS has
// more forms than any list.
func (m *model) universe() (globs []glob, known int) {
	list := strings.Fields(forms)
	known = len(list)
	// Of these, fits tells apart what they tell apart.
	list = append(list, "s3:*:?*:*", "s3:*::*/*", "s3:*:*:*", "s3-object-lambda:*:*:*", "kms:*:*:*", "iam:*:*:*", "sts:*:*:*", "?*:*:*:*")
	for _, form := range list {
		globs = append(globs, writing{wild: true, arn: true}.read("arn:"+m.role.partition+":"+form))
	}
	return globs, known
}

// resourceCells are the cells of all resources that the statements are about.
func (m *model) resourceCells() []resourceCell {
	everything := newBits(len(m.statements))
	if m.trust {
		for i := range m.statements {
			everything.set(i)
		}
		return []resourceCell{{of: everything}}
	}
	globs, known := m.universe()
	universe := len(globs)
	number := make(map[string]int)
	of := make([][]int, len(m.statements)) // globs of each statement
	for i := range m.statements {
		s := &m.statements[i]
		for _, text := range append(slices.Clone(s.Resource), s.NotResource...) {
			g := m.readResource(s, text)
			k := string(binaryOf(g))
			if _, ok := number[k]; !ok {
				number[k], globs = len(globs), append(globs, g)
			}
			of[i] = append(of[i], number[k])
		}
	}
	found, whole := cells(globs, universe, m.budget)
	m.whole = m.whole && whole
	// Those of a known form first, which say more in an example.
	slices.SortStableFunc(found, func(a, b cell) int { return cmp.Compare(a.of.first()/known, b.of.first()/known) })
	list := []resourceCell{m.withoutARN(everything)}
	for _, c := range found {
		parts := strings.SplitN(c.text, ":", colonsOfARN+1)
		r := resourceCell{arn: c.text, of: newBits(len(m.statements)), service: parts[2]}
		r.account, r.slash = parts[4] != "", strings.Contains(parts[5], "/")
		for i := range m.statements {
			matched := slices.ContainsFunc(of[i], c.of.has)
			if matched != (len(m.statements[i].NotResource) > 0) {
				r.of.set(i)
			}
		}
		list = append(list, r)
	}
	return list
}

// withoutARN is the cell of what acts on nothing that has an ARN: policies have to say * there.
func (m *model) withoutARN(of bits) resourceCell {
	for i := range m.statements {
		s := &m.statements[i]
		if slices.Contains(s.Resource, "*") || len(s.NotResource) > 0 && !slices.Contains(s.NotResource, "*") {
			of.set(i)
		}
	}
	return resourceCell{arn: "*", of: of}
}

// fits reports whether actions of the kind are asked of the resource.
func (k kindOfAction) fits(r resourceCell) bool {
	switch {
	case r.arn == "":
		return true
	case r.arn == "*":
		return k.alone
	case k.service == "": // an action of one service may act on what is another's
		return true
	case !slices.Contains(serviceOf[k.service], r.service):
		return false
	case k.service != "s3" || r.account:
		return !k.never
	case r.slash:
		return k.object
	default:
		return k.bucket
	}
}

// matched are the patterns of a statement that a resource has the form of.
func (m *model) matched(s *statement, resource string) words {
	var list words
	for _, text := range s.Resource {
		if text == "*" || resource != "*" && m.readResource(s, text).matches(resource) {
			list = append(list, text)
		}
	}
	if len(s.NotResource) > 0 {
		list = append(list, "all but "+strings.Join(s.NotResource, ", "))
	}
	return list
}

// readResource reads a text of a statement's resources.
func (m *model) readResource(s *statement, text string) glob {
	w := writing{wild: true, arn: true, open: true}
	switch {
	case s.loose && hasVariable(text):
		return writing{wild: true, loose: true}.read(text)
	case s.variables():
		w.variables = m.sample
	}
	return w.read(text)
}

func binaryOf(g glob) []byte {
	b := make([]byte, 0, 4*len(g))
	for _, c := range g {
		b = fmt.Appendf(b, "%x,", c)
	}
	return b
}

// sample is the value that a variable stands for in a request.
func (m *model) sample(key string) string {
	switch key {
	case "aws:principalaccount", "aws:resourceaccount":
		return m.role.account
	case "aws:principalarn":
		return m.role.arn
	default:
		return "sample"
	}
}
