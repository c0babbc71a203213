package evaluate

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// MaxDocument bounds a policy, in bytes: twice the longest that AWS takes, the policy of a key.
// https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html
const MaxDocument = 64 << 10

// Parse reads a policy: of an identity, a session, a resource, a role's trust, an organisation. What it does not know is an
// error, which names the statement: elements, operators, two members of one name, values that an operator can't compare
// with, more than MaxDocument bytes. The names of elements are taken as
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html writes them.
func Parse(document string) (*Policy, error) {
	if len(document) > MaxDocument {
		return nil, fmt.Errorf("the policy has %d bytes, at most %d are read", len(document), MaxDocument)
	}
	if !utf8.ValidString(document) {
		return nil, errors.New("the policy is not UTF-8")
	}
	top, err := readJSON(document)
	if err != nil {
		return nil, err
	}
	if top.kind != object {
		return nil, errors.New("the policy is not an object")
	}
	var (
		version    = "2008-10-17" // where none is named
		statements *node
	)
	for i := range top.members {
		switch m := &top.members[i]; m.name {
		case "Version":
			version = m.text
			if m.kind != text || version != "2008-10-17" && version != "2012-10-17" {
				return nil, errors.New("the Version of the policy is neither 2012-10-17 nor 2008-10-17")
			}
		case "Id":
			if m.kind != text {
				return nil, errors.New("the Id of the policy is not a text")
			}
		case "Statement":
			statements = m
		default:
			return nil, fmt.Errorf("unknown element %q", short(m.name))
		}
	}
	if statements == nil {
		return nil, errors.New("the policy has no Statement")
	}
	list := statements.members
	if statements.kind == object {
		list = []node{*statements}
	}
	if len(list) == 0 || statements.kind != object && statements.kind != array {
		return nil, errors.New("the policy has no Statement")
	}
	p := &Policy{statements: make([]statement, len(list))}
	for i := range list {
		if p.statements[i], err = newStatement(list[i], version == "2012-10-17"); err != nil {
			return nil, fmt.Errorf("statement %d: %w", i+1, err)
		}
	}
	return p, nil
}

// newStatement reads one; variables says whether ${…} are.
func newStatement(n node, variables bool) (s statement, err error) {
	if n.kind != object {
		return s, errors.New("it is not an object")
	}
	for _, m := range n.members {
		switch m.name {
		case "Sid":
			s.sid = m.text
			if m.kind != text {
				err = errors.New("it is not a text")
			}
		case "Effect":
			s.effect, err = newEffect(m)
		case "Principal", "NotPrincipal":
			if s.principals != nil {
				return s, errors.New("it has both Principal and NotPrincipal")
			}
			s.notPrinc = m.name == "NotPrincipal"
			s.principals, err = newPrincipals(m)
		case "Action", "NotAction":
			if s.actions != nil {
				return s, errors.New("it has both Action and NotAction")
			}
			s.notActions = m.name == "NotAction"
			s.actions, err = newPatterns(m, newAction)
		case "Resource", "NotResource":
			if s.resources != nil {
				return s, errors.New("it has both Resource and NotResource")
			}
			s.notRes = m.name == "NotResource"
			s.resources, err = newPatterns(m, func(word string) (pattern, error) { return newResource(word, variables) })
		case "Condition":
			s.conditions, err = newConditions(m, variables)
		default:
			return s, fmt.Errorf("unknown element %q", short(m.name))
		}
		if err != nil {
			return s, fmt.Errorf("%s: %w", m.name, err)
		}
	}
	switch {
	case s.effect == None:
		return s, errors.New("it has no Effect")
	case s.actions == nil:
		return s, errors.New("it has neither Action nor NotAction")
	case s.resources == nil && s.principals == nil:
		return s, errors.New("it has neither Resource nor Principal")
	case s.notPrinc && s.effect == Allow:
		// AWS no longer takes it: it would allow everybody else in the world.
		return s, errors.New("NotPrincipal stands with Allow")
	}
	return s, nil
}

func newEffect(n node) (Effect, error) {
	switch {
	case n.kind == text && n.text == "Allow":
		return Allow, nil
	case n.kind == text && n.text == "Deny":
		return Deny, nil
	default:
		return None, errors.New("it is neither Allow nor Deny")
	}
}

// words are one text, or a list of them.
func words(n node) ([]string, error) {
	list := n.members
	if n.kind == text {
		list = []node{n}
	} else if n.kind != array {
		return nil, errors.New("it is neither a text nor a list")
	}
	texts := make([]string, len(list))
	for i, word := range list {
		if word.kind != text {
			return nil, errors.New("its list has something that is not a text")
		}
		texts[i] = word.text
	}
	if len(texts) == 0 {
		return nil, errors.New("its list is empty")
	}
	return texts, nil
}

func newPatterns(n node, read func(string) (pattern, error)) ([]pattern, error) {
	texts, err := words(n)
	if err != nil {
		return nil, err
	}
	patterns := make([]pattern, len(texts))
	for i, word := range texts {
		if patterns[i], err = read(word); err != nil {
			return nil, err
		}
	}
	return patterns, nil
}

func newAction(word string) (pattern, error) {
	_, name, colon := strings.Cut(word, ":")
	odd := func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune(":-_*?", c)
	}
	if word != "*" && (!colon || name == "" || strings.Contains(name, ":")) || strings.ContainsFunc(word, odd) {
		return pattern{}, fmt.Errorf("%q is not an action, as in s3:GetObject", short(word))
	}
	return newPattern(Lower(word), true, false)
}

func newResource(word string, variables bool) (pattern, error) {
	if word != "*" && !strings.HasPrefix(word, "arn:") {
		return pattern{}, fmt.Errorf("%q is neither an ARN nor *", short(word))
	}
	return newPattern(word, true, variables)
}

func newPrincipals(n node) (*principals, error) {
	p := &principals{}
	if n.kind == text && n.text == "*" {
		p.everybody = true
		return p, nil
	}
	if n.kind != object || len(n.members) == 0 {
		return nil, errors.New("it is neither * nor an object")
	}
	for _, m := range n.members {
		texts, err := words(m)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", short(m.name), err)
		}
		for _, word := range texts {
			switch {
			case m.name == "AWS" && word == "*":
				p.everybody = true
			case strings.ContainsAny(word, "*?"):
				return nil, fmt.Errorf("%q: principals have no wildcards", short(word))
			case m.name == "AWS":
				p.aws = append(p.aws, word)
			case m.name == "Federated" || m.name == "Service" || m.name == "CanonicalUser":
				p.others = append(p.others, word)
			default:
				return nil, fmt.Errorf("unknown kind %q", short(m.name))
			}
		}
	}
	return p, nil
}

func newConditions(n node, variables bool) ([]condition, error) {
	if n.kind != object {
		return nil, errors.New("it is not an object")
	}
	var list []condition
	for _, m := range n.members {
		o, err := newOperator(m.name)
		if err != nil {
			return nil, err
		}
		if m.kind != object {
			return nil, fmt.Errorf("%s is not an object", m.name)
		}
		for _, key := range m.members {
			c := condition{operator: o, key: key.name}
			if !strings.Contains(c.key, ":") {
				return nil, fmt.Errorf("%s: %q is not a key, as in aws:PrincipalArn", m.name, short(c.key))
			}
			values := key.members
			if key.kind != array {
				values = []node{key}
			}
			for _, v := range values {
				if v.kind != text && v.kind != scalar {
					return nil, fmt.Errorf("%s of %s: a value is neither a text nor a number nor true or false", m.name, short(c.key))
				}
				read, err := newValue(o, v.text, variables)
				if err != nil {
					return nil, fmt.Errorf("%s of %s: %w", m.name, short(c.key), err)
				}
				c.values = append(c.values, read)
			}
			list = append(list, c)
		}
	}
	return list, nil
}
