package desired

import (
	"maps"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/idp"
)

// contextPrefix is what the keys begin with that a context provider sets: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
const contextPrefix = "aws:TransactionContext/IdentityProvider/"

// Bounds of what a context provider puts into a session.
const (
	MaxContextKeys  = 10
	maxContextValue = 128 // characters
)

// held is a rule on claims, as far as the conditions of a trust policy can hold it.
type held struct {
	conditions iam.Conditions
	match      map[string]string // the claims that are held
	open       []string          // those that are not, sorted
	narrowed   []string          // those of which IAM takes less than the map, sorted
	context    []string          // those that only a context provider could hold, sorted; open as long as it has no key for them
	subjects   bool              // a condition on sub was added, in the form that the issuer's subjects have unless someone changed it
}

// of is an identity as one account's trust policies see it.
type of struct {
	*accessmap.Identity

	principal string // the provider's ARN, or its name where AWS has it built in
	host      string // what its condition keys begin with
	partition string
	context   map[string]string // claim to the name of its key; nil as long as they are not known
}

func newOf(i *accessmap.Identity, roleARN, partition string) of {
	principal, host := iam.Provider(roleARN, i.Issuer)
	return of{Identity: i, principal: principal, host: host, partition: partition}
}

// audience is whom the tokens are for.
func (o of) audience() string {
	if o.Token != nil {
		return o.Token.Audience
	}
	return o.ClientID
}

// builtIn: AWS knows the provider itself, and IAM has no entry that a context provider could stand in.
func (o of) builtIn() bool { return o.principal == o.host }

// hold writes a rule on claims as conditions.
func (o of) hold(match map[string]string) held {
	h := held{conditions: make(iam.Conditions), match: make(map[string]string)}
	exactly(h.conditions, o.host+":aud", o.audience())
	match = withNames(o.host, match)
	keys := claimsOf(o.partition, o.host)
	left := make(map[string]string)
	for _, claim := range slices.Sorted(maps.Keys(match)) {
		switch rule := match[claim]; {
		case claim == "aud":
			h.take(o.host+":oaud", claim, rule)
		case claim == "azp": // what aud means at AWS, where a token has both
			delete(h.conditions["StringEquals"], o.host+":aud")
			h.take(o.host+":aud", claim, rule)
			if _, asked := match["aud"]; !asked {
				exactly(h.conditions, o.host+":oaud", o.audience())
			}
		case claim == "sub" || claim == "email" || claim == "amr" || strings.Contains(keys, " "+claim+" "):
			h.take(o.host+":"+claim, claim, rule)
		default:
			left[claim] = rule
		}
	}
	o.bySubject(&h, match, left)
	for _, claim := range slices.Sorted(maps.Keys(left)) {
		if !o.takesContext(claim, left[claim]) {
			h.open = append(h.open, claim)
			continue
		}
		h.context = append(h.context, claim)
		if name := o.context[claim]; name != "" {
			h.take(contextPrefix+name, claim, left[claim])
		} else {
			h.open = append(h.open, claim)
		}
	}
	return h
}

// take has the conditions want of a key what the rule wants of a claim.
func (h *held) take(key, claim, rule string) {
	t := newTexts(accessmap.Parts(rule))
	t.anyOfSeveral = claim == "amr"
	t.add(h.conditions, key)
	h.match[claim] = rule
	if t.mixed {
		h.narrowed = append(h.narrowed, claim)
	}
}

// bySubject holds claims by sub, where the issuer makes that of them.
func (o of) bySubject(h *held, match, left map[string]string) {
	key := o.host + ":sub"
	parts, made := subject(o.host, match)
	github := strings.Contains(claimsOf(o.partition, o.host), " repository ")
	needed := slices.ContainsFunc(made, func(claim string) bool { _, is := left[claim]; return is })
	if shared(o.Identity) && !github { // IAM wants a condition on sub there, whatever else there is
		needed = needed || len(made) > 0
	}
	rule, asked := match["sub"]
	switch {
	case asked && needed && (strings.ContainsAny(rule, "*?") || !accessmap.Takes(ruleOf(parts), rule)):
		return // it may be of another form
	case !asked && needed:
		t := newTexts(parts)
		t.add(h.conditions, key)
		h.subjects = true
		if t.mixed {
			h.narrowed = append(h.narrowed, made...)
		}
	case !asked && github:
		if h.conditions["StringLike"] == nil {
			h.conditions["StringLike"] = make(map[string]iam.Words)
		}
		h.conditions["StringLike"][key] = githubSubjects(match)
		h.subjects = true
		return
	}
	for _, claim := range made {
		if rule, is := left[claim]; is {
			h.match[claim] = rule
			delete(left, claim)
		}
	}
}

// takesContext reports whether a context provider can put a claim into the session, so that what the rule wants of it can be looked
// at there: one text, and not too long. Groups are several, and so are the classes of a sign-in where another claim than acr holds them.
func (o of) takesContext(claim, rule string) bool {
	simple := !strings.HasPrefix(claim, "/") && contextName(claim) == claim
	return o.partition == "aws" && !o.builtIn() && simple && claim != o.GroupsClaim && (claim == acrClaim || claim != acrOf(o.Identity)) && newTexts(accessmap.Parts(rule)).longest <= maxContextValue
}

// contextName is a claim as a key's name.
func contextName(claim string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return -1
	}, claim)
}

// ruleOf writes parts as a rule of the map.
func ruleOf(parts []accessmap.Part) string {
	if len(parts) == 1 && parts[0].Wild == accessmap.Text {
		return parts[0].Text
	}
	var b strings.Builder
	for _, p := range parts {
		switch p.Wild {
		case accessmap.Text:
			b.WriteString(strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`).Replace(p.Text))
		case accessmap.One:
			b.WriteByte('?')
		case accessmap.Segment:
			b.WriteByte('*')
		case accessmap.Any:
			b.WriteString("**")
		}
	}
	return b.String()
}

// ambient reports whether an identity's roles are assumed with credentials that AWS gives the machine.
func ambient(i *accessmap.Identity) bool { return i.Token.Is(idp.FromAWS) }
