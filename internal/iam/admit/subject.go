package admit

import (
	"cmp"
	"path"
	"slices"
	"strings"
)

// subject is whom a statement names, with one who is an example.
type subject struct {
	kind            Kind
	who             string
	principal, role string // as evaluate.Request has them
}

// class reports whether others than the example are meant too.
func (s subject) class() bool { return s.kind == Everybody || s.kind == Account || s.kind == Pattern }

// Example names that nobody has.
const (
	exampleAccount = "999999999999"
	exampleName    = "dbxaccess-example"
)

// subjects are those whom a statement names. Whom conditions on the caller narrow "everybody" to is named by them.
func (p *policy) subjects(s *statement) (list []subject) {
	add := func(more ...subject) {
		for _, one := range more {
			if !slices.Contains(list, one) {
				list = append(list, one)
			}
		}
	}
	for _, kind := range []string{"AWS", "Service", "Federated", "CanonicalUser", "*"} {
		for _, name := range s.Principal[kind] {
			switch {
			case name == "*":
				add(p.narrowed(s)...)
			case kind == "Service":
				add(subject{Service, name, name, ""})
			case kind != "AWS":
				add(subject{Foreign, name, name, ""})
			default:
				if account, whole := accountOf(name); whole && account != p.owner {
					add(ofAccount(account))
				} else if !whole && strings.HasPrefix(name, "arn:") { // else the ID of what was deleted, which nobody has
					add(ofARN(name))
				}
			}
		}
	}
	return list
}

// narrowed are those to whom a statement's conditions narrow everybody: roles and users by their ARN, else accounts.
func (p *policy) narrowed(s *statement) (list []subject) {
	for _, key := range []string{"aws:principalarn", "aws:principalaccount"} {
		for operator, keys := range s.Condition {
			kind, plain := plainOperator(operator)
			if !plain || !slices.Contains([]string{"stringequals", "stringlike", "arnequals", "arnlike", "stringequalsignorecase"}, kind) {
				continue
			}
			for spelt, values := range keys {
				if strings.ToLower(spelt) != key {
					continue
				}
				for _, value := range values {
					wild := kind != "stringequals" && kind != "stringequalsignorecase" && strings.ContainsAny(value, "*?")
					switch {
					case key == "aws:principalaccount" && !wild:
						list = append(list, ofAccount(value))
					case key == "aws:principalaccount", value == "*":
						list = append(list, everybody())
					case wild:
						list = append(list, ofPattern(value))
					default:
						list = append(list, ofARN(value))
					}
				}
			}
		}
		if list != nil {
			slices.SortFunc(list, func(a, b subject) int { return cmp.Compare(a.who, b.who) })
			return list
		}
	}
	return []subject{everybody()}
}

// everybody has somebody of an account that nobody knows for an example.
func everybody() subject {
	one := ofAccount(exampleAccount)
	return subject{Everybody, "*", one.principal, one.role}
}

func ofAccount(account string) subject {
	one := ofARN("arn:aws:iam::" + account + ":role/" + exampleName)
	return subject{Account, account, one.principal, one.role}
}

// ofPattern has somebody whose ARN is like the pattern for an example.
func ofPattern(pattern string) subject {
	parts := strings.SplitN(pattern, ":", 6)
	if len(parts) == 6 {
		for i, whole := range []string{"arn", "aws", "iam", "", exampleAccount} {
			if strings.ContainsAny(parts[i], "*?") {
				parts[i] = whole
			}
		}
		if parts[5] == "*" {
			parts[5] = "role/*"
		}
	} else {
		parts = []string{strings.NewReplacer("*", "arn:aws:iam::"+exampleAccount+":role/x").Replace(pattern)}
	}
	one := ofARN(concrete(strings.Join(parts, ":")))
	return subject{Pattern, pattern, one.principal, one.role}
}

// ofARN is a role by a session of it, and else what the ARN names.
func ofARN(arn string) subject {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 || parts[2] != "iam" || !strings.HasPrefix(parts[5], "role/") {
		return subject{Principal, arn, arn, ""}
	}
	return subject{Principal, arn, "arn:" + parts[1] + ":sts::" + parts[4] + ":assumed-role/" + path.Base(parts[5]) + "/" + exampleName, arn}
}

// accountOf is the account that a name stands for as a whole.
func accountOf(name string) (account string, whole bool) {
	if strings.Trim(name, "0123456789") == "" {
		return name, true
	}
	parts := strings.SplitN(name, ":", 6)
	if len(parts) == 6 && parts[5] == "root" {
		return parts[4], true
	}
	return "", false
}

// spared are those of a class whom the policy's denials name in order to spare them.
func (p *policy) spared(of subject) (list []subject) {
	add := func(name string) {
		if strings.ContainsAny(name, "*?") || !strings.HasPrefix(name, "arn:") || strings.Contains(name, "$") {
			return
		}
		one := ofARN(name)
		parts := strings.SplitN(name, ":", 6)
		switch {
		case len(parts) < 6 || parts[5] == "root":
			return
		case of.kind == Account && parts[4] != of.who:
			return
		case of.kind == Pattern && !like(of.who, name):
			return
		}
		if !slices.Contains(list, one) {
			list = append(list, one)
		}
	}
	for i := range p.statements {
		s := &p.statements[i]
		if s.Effect != "Deny" {
			continue
		}
		for _, name := range s.NotPrincipal["AWS"] {
			add(name)
		}
		for _, keys := range s.Condition {
			for key, values := range keys {
				if strings.EqualFold(key, "aws:PrincipalArn") {
					for _, value := range values {
						add(value)
					}
				}
			}
		}
	}
	slices.SortFunc(list, func(a, b subject) int { return cmp.Compare(a.who, b.who) })
	return list
}
