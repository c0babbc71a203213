package compare

import (
	"maps"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/iam/evaluate"
)

// actionCell is actions that the same statements are about, and that act on the same kinds of resources.
type actionCell struct {
	asked string   // one of them, to be judged
	names []string // those known, in the words of AWS; else patterns
	of    bits     // statements
	kind  kindOfAction
}

// kindOfAction is on what resources an action acts, as far as it is known.
type kindOfAction struct {
	service string // "" if the action is none that is known
	object  bool   // of S3: it acts on objects
	bucket  bool   // of S3: it acts on buckets
	alone   bool   // it may act on nothing that has an ARN
	never   bool   // it acts on nothing else
}

// unknown is the kind of an action that may act on nothing that has an ARN, or on something that has one.
func (k kindOfAction) unknown() kindOfAction {
	k.alone = true
	return k
}

// actionsOfSTS: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html
const actionsOfSTS = `AssumeRole AssumeRoleWithSAML AssumeRoleWithWebIdentity AssumeRoot DecodeAuthorizationMessage
GetAccessKeyInfo GetCallerIdentity GetFederationToken GetScopedCredentials GetServiceBearerToken GetSessionToken
GetWebIdentityToken SetContext SetSourceIdentity TagGetWebIdentityToken TagSession`

// actionsOnNothing act on no resource with an ARN.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html
const actionsOnNothing = `s3:listallmybuckets s3:getaccountpublicaccessblock s3:putaccountpublicaccessblock s3:listaccesspoints
s3:listaccesspointsforobjectlambda s3:listjobs s3:createjob s3:liststoragelensconfigurations s3:liststoragelensgroups
s3:listmultiregionaccesspoints s3:listaccessgrantsinstances s3:putaccesspointpublicaccessblock kms:createkey kms:listkeys
kms:listaliases kms:generaterandom kms:connectcustomkeystore kms:createcustomkeystore kms:deletecustomkeystore
kms:describecustomkeystores kms:disconnectcustomkeystore kms:updatecustomkeystore`

// known are the actions of a service, all of them, in lower case with AWS's spelling. None for services whose actions
// the program does not know.
func known(service string) map[string]string {
	list := make(map[string]string)
	for name := range iam.Actions(service) {
		list[evaluate.Lower(name)] = name
	}
	if service == "sts" {
		for name := range strings.FieldsSeq(actionsOfSTS) {
			list[evaluate.Lower("sts:"+name)] = "sts:" + name
		}
	}
	return list
}

var services = [...]string{"s3", "kms", "sts"} // whose actions are known

// actionCells are the cells of all actions that the statements are about.
func (m *model) actionCells() []actionCell {
	if m.only != "" {
		return m.addAction(nil, evaluate.Lower(m.only), m.only, kindOf(evaluate.Lower(m.only)))
	}
	patterns := []glob{{mark, star, ':', mark, star}} // the universe
	var texts words
	for i := range m.statements {
		texts = append(texts, append(m.statements[i].Action, m.statements[i].NotAction...)...)
	}
	names := make(map[string]string)
	for _, service := range services {
		maps.Copy(names, known(service))
	}
	var list []actionCell
	for _, name := range sortedKeys(names) {
		list = m.addAction(list, name, names[name], kindOf(name))
	}
	others := make(map[string]string)
	strange := []bool{false} // patterns of nothing that is known: AWS may have such actions
	for _, text := range texts {
		if strings.ContainsAny(text, "*?") {
			g := writing{wild: true}.read(evaluate.Lower(text))
			patterns, strange = append(patterns, g), append(strange, !anyMatches(g, names))
		} else if names[evaluate.Lower(text)] == "" {
			others[evaluate.Lower(text)] = text
		}
	}
	for _, name := range sortedKeys(others) {
		list = m.addAction(list, name, others[name], kindOf(name).unknown())
	}
	found, whole := cells(patterns, 1, m.budget)
	m.whole = m.whole && whole
	for _, c := range found {
		service, _, _ := strings.Cut(c.text, ":")
		isStrange := false
		for i := range strange {
			isStrange = isStrange || strange[i] && c.of.has(i)
		}
		if names[c.text] == "" && (isStrange || !slices.Contains(services[:], service)) {
			list = m.addAction(list, c.text, "", kindOf(c.text).unknown())
		}
	}
	return list
}

func anyMatches(g glob, names map[string]string) bool {
	for name := range names {
		if g.matches(name) {
			return true
		}
	}
	return false
}

// addAction puts an action into its cell, without a name if it is made up.
func (m *model) addAction(list []actionCell, action, name string, kind kindOfAction) []actionCell {
	of, allowed := newBits(len(m.statements)), false
	var by words
	for i := range m.statements {
		s := &m.statements[i]
		if !s.isAbout(action) {
			continue
		}
		of.set(i)
		allowed = allowed || !s.denies()
		for i, g := range s.actions {
			if g.matches(action) {
				by = append(by, s.Action[i])
			}
		}
		if len(s.NotAction) > 0 {
			by = append(by, "all but "+strings.Join(s.NotAction, ", "))
		}
	}
	if !allowed { // nothing to compare
		return list
	}
	names := []string{name}
	if name == "" {
		names = folded(by, strings.Clone)
	}
	// In trust, each action is one that other kinds of principals can ask for.
	for i := range list {
		if !m.trust && list[i].kind == kind && slices.Equal(list[i].of, of) {
			list[i].names = append(list[i].names, names...)
			return list
		}
	}
	return append(list, actionCell{asked: action, names: names, of: of, kind: kind})
}

// isAbout reports whether the statement is about an action, in lower case.
func (s *statement) isAbout(action string) bool {
	matches := func(g glob) bool { return g.matches(action) }
	if len(s.NotAction) > 0 {
		return !slices.ContainsFunc(s.notActions, matches)
	}
	return slices.ContainsFunc(s.actions, matches)
}

// kindOf asks package evaluate which kinds of S3's resources the action acts on.
func kindOf(action string) kindOfAction {
	service, _, _ := strings.Cut(action, ":")
	k := kindOfAction{service: service}
	switch service {
	case "s3":
		k.alone = onNothing(action)
		k.object, k.bucket = !k.alone && fits(action, "arn:aws:s3:::b/o"), !k.alone && fits(action, "arn:aws:s3:::b")
	case "kms":
		k.alone = onNothing(action)
		k.never = k.alone
	case "sts", "iam":
		k.alone = true
	default:
		k.service, k.alone = "", true
	}
	return k
}

func onNothing(action string) bool { return slices.Contains(strings.Fields(actionsOnNothing), action) }

// fits reports whether an action may be asked of a resource at all.
func fits(action, resource string) bool {
	p, err := evaluate.Parse(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`)
	return err == nil && p.Evaluate(evaluate.Request{Action: action, Resource: resource}).Effect == evaluate.Allow
}
