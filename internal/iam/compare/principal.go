package compare

import (
	"fmt"
	"slices"
	"strings"
)

// roleName is the ARN of a role, taken apart.
type roleName struct{ arn, partition, account, name string }

func newRoleName(arn string) (roleName, error) {
	parts := strings.Split(arn, ":")
	if len(parts) != colonsOfARN+1 || parts[0] != "arn" || parts[2] != "iam" || !strings.HasPrefix(parts[5], "role/") {
		return roleName{}, fmt.Errorf("%q is not the ARN of a role", arn)
	}
	return roleName{arn, parts[1], parts[4], parts[5][strings.LastIndex(parts[5], "/")+1:]}, nil
}

// session is the ARN of one of its sessions.
func (r roleName) session() string {
	return "arn:" + r.partition + ":sts::" + r.account + ":assumed-role/" + r.name + "/session"
}

// asker is a principal that is tried.
type asker struct {
	principal string
	role      string // of the session
	kind      kindOfAsker
	of        bits // statements that speak to it
}

type kindOfAsker int

const (
	ofIAM kindOfAsker = iota
	openID
	saml
	service
)

// assumes reports whether such a principal can ask for the action on a role.
func (k kindOfAsker) assumes(action string) bool {
	switch action {
	case "sts:tagsession", "sts:setsourceidentity":
		return true
	case "sts:setcontext":
		return k == ofIAM || k == service
	case "sts:assumerole":
		return k == ofIAM || k == service
	case "sts:assumerolewithwebidentity":
		return k == openID
	case "sts:assumerolewithsaml":
		return k == saml
	default: // nothing else that is known is asked of a role's trust
		service, _, _ := strings.Cut(action, ":")
		return service == "sts" && known("sts")[action] == ""
	}
}

// askers are principals of every kind that the statements tell apart.
func (m *model) askers() []asker {
	if !m.trust {
		all := newBits(len(m.statements))
		for i := range m.statements {
			all.set(i)
		}
		return []asker{{principal: m.role.session(), role: m.role.arn, of: all}}
	}
	n := named{partitions: []string{m.role.partition}, insiders: []glob{ofAccount(exactly(m.role.account))}, taken: make(map[string]bool)}
	for i := range m.statements {
		s := &m.statements[i]
		for _, names := range []principals{s.Principal, s.NotPrincipal} {
			for kind, values := range names {
				for _, name := range values {
					n.add(kind, name)
				}
			}
		}
		n.insiders = append(n.insiders, m.conditionsOn(s)...)
	}
	host := "stranger.example.com"
	iam := "arn:" + m.role.partition + ":iam::" + m.role.account
	for n.taken[host] || n.taken[iam+":oidc-provider/"+host] || n.taken[iam+":saml-provider/"+host] {
		host = "x" + host
	}
	n.outsiders = append(n.outsiders, asker{principal: iam + ":oidc-provider/" + host, kind: openID},
		asker{principal: iam + ":saml-provider/" + host, kind: saml}, asker{principal: host, kind: service})
	return m.spokenTo(append(n.outsiders, m.insiders(n)...))
}

// spokenTo fills in which statements speak to whom, and leaves out who is there twice.
func (m *model) spokenTo(list []asker) []asker {
	judges := make([]judge, len(m.statements))
	for i := range m.statements {
		judges[i] = newJudge(m.statements[i].text(""))
	}
	type who struct{ role, principal string }
	seen := make(map[who]bool)
	var distinct []asker
	for _, a := range list {
		a.of = newBits(len(m.statements))
		for i := range judges {
			if judges[i].holds(m.request(a, "sts:AssumeRole", m.role.arn, nil)) {
				a.of.set(i)
			}
		}
		if k := (who{a.role, a.principal}); !seen[k] {
			seen[k] = true
			distinct = append(distinct, a)
		}
		if !m.budget.spend(ofJudging * len(judges)) {
			m.whole = false
			break
		}
	}
	slices.SortStableFunc(distinct, func(a, b asker) int { return strings.Compare(a.principal, b.principal) })
	return distinct
}

// naming are those of a statement's principals that mean the asker.
func (s *statement) naming(a asker) words {
	account := ""
	if parts := strings.Split(a.principal, ":"); len(parts) > 4 {
		account = parts[4]
	}
	var list words
	for _, names := range s.Principal {
		for _, name := range names {
			if whole, is := accountOf(name); name == "*" || name == a.principal || name == a.role || is && whole == account {
				list = append(list, name)
			}
		}
	}
	return list
}
