package compare

import (
	"slices"
	"strings"
)

// named are those whom a trust policy tells apart by name.
type named struct {
	outsiders  []asker // identity providers and services, and whom only their own ARN names
	insiders   []glob  // of ARNs of roles and users, whom accounts, names and conditions mean
	sessions   words   // of roles
	partitions []string
	taken      map[string]bool
}

// add takes one principal of a statement.
func (n *named) add(kind, name string) {
	n.taken[name] = true
	parts := strings.SplitN(name, ":", colonsOfARN+1)
	account, whole := accountOf(name)
	switch {
	case strings.Contains(name, ":saml-provider/"):
		n.outsiders = append(n.outsiders, asker{principal: name, kind: saml})
	case strings.Contains(name, ":oidc-provider/") || kind == "Federated":
		n.outsiders = append(n.outsiders, asker{principal: name, kind: openID})
	case kind != "AWS":
		n.outsiders = append(n.outsiders, asker{principal: name, kind: service})
	case whole:
		n.insiders = append(n.insiders, ofAccount(exactly(account)))
	case len(parts) == colonsOfARN+1:
		n.insiders = append(n.insiders, exactly(name))
		if !slices.Contains(n.partitions, parts[1]) {
			n.partitions = append(n.partitions, parts[1])
		}
		if role, is := roleOfSession(name); is { // whatever the path is, which the name of a session lacks
			n.sessions = append(n.sessions, name)
			n.insiders = append(n.insiders, exactly(role), writing{wild: true}.read(strings.Replace(role, ":role/", ":role/*/", 1)))
		}
		if !strings.HasPrefix(parts[5], "role/") {
			n.outsiders = append(n.outsiders, asker{principal: name})
		}
	}
}

// exactly is a glob without wildcards.
func exactly(text string) glob { return writing{}.read(text) }

// ofAccount is the glob for ARNs of roles and users of accounts whose number is like another glob.
func ofAccount(number glob) glob {
	g := append(exactly("arn:"), starOfPart)
	g = append(g, exactly(":iam::")...)
	for _, c := range number {
		switch c {
		case star:
			c = starOfPart
		case mark:
			c = markOfPart
		}
		g = append(g, c)
	}
	return append(g, ':', star)
}

// conditionsOn are what a statement's conditions compare the ARN and the account of a role or user with.
func (m *model) conditionsOn(s *statement) []glob {
	ofARN, ofNumber := collected{sample: m.sample}, collected{sample: m.sample}
	ofARN.readAll(s, "aws:principalarn")
	ofNumber.readAll(s, "aws:principalaccount")
	for _, c := range [...]collected{ofARN, ofNumber} { // they are texts: as what else they are compared is not looked at
		m.whole = m.whole && len(c.texts)+len(c.numbers)+len(c.moments)+len(c.networks) == 0
	}
	list := ofARN.globs
	for _, number := range ofNumber.globs {
		list = append(list, ofAccount(number))
	}
	return list
}

// insiders are sessions of roles, and users, one for each way in which their ARNs meet what was named: of an account that is
// named nowhere, too.
func (m *model) insiders(n named) []asker {
	var globs []glob
	for _, partition := range n.partitions {
		for _, kind := range [...]string{"role", "user"} {
			g := exactly("arn:" + partition + ":iam::")
			for range lengthOfAccount {
				g = append(g, digit)
			}
			globs = append(globs, append(append(g, exactly(":"+kind+"/")...), mark, star))
		}
	}
	universe := len(globs)
	// A path without a name, and one with an empty part: there is no such role.
	globs = append(globs, writing{wild: true}.read("*/"), writing{wild: true}.read("*//*"))
	found, whole := cells(append(globs, n.insiders...), universe, m.budget)
	m.whole = m.whole && whole
	var list []asker
	for _, c := range found {
		if c.of.has(universe) || c.of.has(universe+1) {
			continue
		}
		role, err := newRoleName(c.text)
		if err != nil {
			list = append(list, asker{principal: c.text})
			continue
		}
		list = append(list, asker{principal: role.session(), role: c.text})
		for _, session := range n.sessions {
			own, _ := roleOfSession(session)
			if own == "arn:"+role.partition+":iam::"+role.account+":role/"+role.name {
				list = append(list, asker{principal: session, role: c.text})
			}
		}
	}
	return list
}

const lengthOfAccount = 12

// roleOfSession is the ARN of a session's role, as if it had no path.
func roleOfSession(arn string) (role string, is bool) {
	parts := strings.SplitN(arn, ":", colonsOfARN+1)
	if len(parts) <= colonsOfARN || parts[2] != "sts" {
		return "", false
	}
	rest, is := strings.CutPrefix(parts[5], "assumed-role/")
	name, _, _ := strings.Cut(rest, "/")
	return "arn:" + parts[1] + ":iam::" + parts[4] + ":role/" + name, is
}
