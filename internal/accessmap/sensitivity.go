package accessmap

import (
	"cmp"
	"slices"
	"time"
)

// Verdict is what a rule of the map's policy says of one way to use data.
type Verdict string

// The verdicts. "" is a rule that says nothing, which allows what no rule below it denies.
const (
	Allow Verdict = "allow"
	Deny  Verdict = "deny"
)

// Handling is what the map's policy asks of who uses data of one sensitivity, as the map writes it. It holds for more sensitive
// data too: what is denied for confidential data can't be allowed for restricted.
type Handling struct {
	MaxDuration    time.Duration // that credentials may live, 15 minutes to 12 hours; 0: it says nothing
	Env            Verdict       // on credentials that are printed or put into variables, which nothing takes back
	Agents         Verdict       // on coding agents that ask for them
	WildcardGroups Verdict       // on rules of identities with a pattern that give a role with such data
	StepUp         StepUp        // what the sign-in has to prove
	Reason         bool          // who asks for credentials has to say what for

	at position
}

// sensitivities are those that a dataset may have, from the least to the most.
func sensitivities() []string { return []string{Public, Internal, Confidential, Restricted} }

// sensitivity ranks a dataset; one of which the map does not say stands lowest.
func sensitivity(d *Dataset) int { return Rank(d.Sensitivity) }

// Rank orders sensitivities, from the least to the most; -1 for "", which a dataset has of which the map does not say it.
func Rank(sensitivity string) int { return slices.Index(sensitivities(), sensitivity) }

var (
	verdictForm  = &form{words: func() []string { return []string{string(Allow), string(Deny)} }, schema: schema{Default: string(Allow)}}
	handlingForm = &form{ref: "handling"}
)

var handlingFields = []field[Handling]{
	{"max_duration", optional, durationForm, func(v value, h *Handling) { h.MaxDuration, _ = time.ParseDuration(v.text()) },
		"How long credentials may live, 15m to 12h. AWS is asked for no longer; what it can't be asked for is not handed out any longer."},
	{"env", optional, verdictForm, func(v value, h *Handling) { h.Env = Verdict(v.text()) },
		"Whether credentials may be printed or put into variables: by env, and by exec --static."},
	{"agents", optional, verdictForm, func(v value, h *Handling) { h.Agents = Verdict(v.text()) },
		"Whether coding agents, as far as they say that they are some, get credentials."},
	{"wildcard_groups", optional, verdictForm, func(v value, h *Handling) { h.WildcardGroups = Verdict(v.text()) },
		"Whether a rule with a pattern may give a role with such data. Where it is denied, a map with such a rule can't be used."},
	{"max_auth_age", optional, ageForm, func(v value, h *Handling) { h.StepUp.MaxAge = ageOf(v.text()) },
		"How long ago somebody may have proved who they are at the identity provider (auth_time), as in 1h; 10m or more. Of jobs it asks nothing."},
	{"acr", optional, proofsForm, func(v value, h *Handling) { h.StepUp.ACR = v.proofs() },
		"Authentication context classes, of which the sign-in must have one. With a rule for less sensitive data, those that both name. Of jobs it asks nothing."},
	{"amr", optional, proofsForm, func(v value, h *Handling) { h.StepUp.AMR = [][]string{v.proofs()} },
		"Authentication methods, of which the sign-in must have used one. A rule for less sensitive data holds besides. Of jobs it asks nothing."},
	{"reason", optional, reasonAskedForm, func(v value, h *Handling) { h.Reason = v.text() == requiredWord },
		"Whether who asks for credentials has to say what for: --reason, or DBXACCESS_REASON."},
}

var policyFields = []field[Map]{
	{Public, optional, handlingForm, func(v value, m *Map) { v.handling(m, Public) }, "For public data, and all that is more sensitive."},
	{Internal, optional, handlingForm, func(v value, m *Map) { v.handling(m, Internal) }, "For internal data, and all that is more sensitive."},
	{Confidential, optional, handlingForm, func(v value, m *Map) { v.handling(m, Confidential) }, "For confidential and for restricted data."},
	{Restricted, optional, handlingForm, func(v value, m *Map) { v.handling(m, Restricted) }, "For restricted data."},
}

func readPolicy(v value, m *Map) {
	m.Handling = make(map[string]Handling)
	if read(v.decoder, v.node, "policy", place(v.node), policyFields, m) != nil {
		v.noneLooser(m)
	}
}

func (v value) handling(m *Map, name string) {
	h := Handling{at: place(v.node)}
	if read(v.decoder, v.node, "policy for "+name+" data", h.at, handlingFields, &h) != nil {
		m.Handling[name] = h
	}
}

// noneLooser refuses a rule that allows what a rule for less sensitive data denies: it would not hold.
func (v value) noneLooser(m *Map) {
	for i, name := range sensitivities() {
		h, ok := m.Handling[name]
		if !ok {
			continue
		}
		for _, lower := range sensitivities()[:i] {
			below := m.Handling[lower]
			if h.MaxDuration > 0 && below.MaxDuration > 0 && h.MaxDuration > below.MaxDuration {
				v.add(h.at, "policy: max_duration of %s data is %s, and of %s data, which is less sensitive, %s", name, Span(h.MaxDuration), lower, Span(below.MaxDuration))
			}
			if h.StepUp.MaxAge > 0 && below.StepUp.MaxAge > 0 && h.StepUp.MaxAge > below.StepUp.MaxAge {
				v.add(h.at, "policy: max_auth_age of %s data is %s, and of %s data, which is less sensitive, %s", name, Span(h.StepUp.MaxAge), lower, Span(below.StepUp.MaxAge))
			}
			for _, way := range ways(h, below) {
				if way.verdicts[0] == Allow && way.verdicts[1] == Deny {
					v.add(h.at, "policy: %s is allowed for %s data, and denied for %s data, which is less sensitive", way.key, name, lower)
				}
			}
		}
		if h.StepUp.ACR != nil && m.handlingAt(i).StepUp.impossible() {
			v.add(h.at, "policy: acr of %s data has nothing in common with acr of less sensitive data, so no sign-in would do", name)
		}
	}
}

// way is a key of Handling, with what each of several says.
type way struct {
	key      string
	verdicts []Verdict
}

func ways(several ...Handling) []way {
	all := []way{{key: "env"}, {key: "agents"}, {key: "wildcard_groups"}}
	for _, h := range several {
		for i, verdict := range []Verdict{h.Env, h.Agents, h.WildcardGroups} {
			all[i].verdicts = append(all[i].verdicts, verdict)
		}
	}
	return all
}

// handlingAt is what holds for data of a sensitivity, by its rank: all rules up to it.
func (m *Map) handlingAt(rank int) (h Handling) {
	for _, name := range sensitivities()[:rank+1] {
		rule := m.Handling[name]
		if h.MaxDuration == 0 || rule.MaxDuration > 0 && rule.MaxDuration < h.MaxDuration {
			h.MaxDuration = rule.MaxDuration
		}
		h.Env, h.Agents, h.WildcardGroups = stricter(h.Env, rule.Env), stricter(h.Agents, rule.Agents), stricter(h.WildcardGroups, rule.WildcardGroups)
		h.StepUp, h.Reason = h.StepUp.and(rule.StepUp), h.Reason || rule.Reason
	}
	return h
}

func stricter(a, b Verdict) Verdict {
	if a == Deny || b == Deny {
		return Deny
	}
	return cmp.Or(a, b)
}

// Sensitive is the most sensitive data that a role reaches, and what the map's policy asks of who uses the role.
type Sensitive struct {
	Dataset     string // the first by name of the most sensitive; "" where no dataset that the role reaches has a sensitivity
	Inside      string // which dataset of the role it lies inside; "" where it is the role's own
	Sensitivity string // of it; "" as above
	Handling    Handling
}

// Words are the dataset as people see it, in a sentence about what a role has.
func (s Sensitive) Words() string {
	text := s.Dataset + " (" + s.Sensitivity + ")"
	if s.Inside != "" {
		text += " inside " + s.Inside
	}
	return text
}

// Sensitive returns what holds for a role's datasets, those it inherits included, narrowed to scope as for Policy. Of a role
// without datasets the map does not know which data it reaches, so nothing holds. Errors are those of Effective and, for a
// dataset that the role does not have, of Policy.
func (m *Map) Sensitive(role string, scope []string) (Sensitive, error) {
	e, err := m.Effective(role)
	if err != nil {
		return Sensitive{}, err
	}
	if err := m.narrow(e, scope); err != nil {
		return Sensitive{}, err
	}
	return m.sensitive(e.Datasets()), nil
}

// sensitive is what holds for datasets, sorted.
func (m *Map) sensitive(datasets []string) (s Sensitive) {
	most := -1
	for _, name := range datasets {
		reached := m.Datasets[name].reached()
		if rank := sensitivity(reached); rank > most {
			most, s.Dataset, s.Inside, s.Sensitivity = rank, reached.Name, "", reached.Sensitivity
			if reached.Name != name {
				s.Inside = name
			}
		}
	}
	s.Handling = m.handlingAt(most)
	return s
}

// Label is a dataset as people see it: its name and, where the map says, how sensitive it is.
func (m *Map) Label(dataset string) string {
	if d := m.Datasets[dataset]; d != nil {
		return Label(dataset, d.Sensitivity)
	}
	return dataset
}

// Label is a dataset with its sensitivity, as people see it; "" for one without.
func Label(dataset, sensitivity string) string {
	if sensitivity == "" {
		return dataset
	}
	return dataset + " (" + sensitivity + ")"
}

// Labels are those of several.
func (m *Map) Labels(datasets []string) []string {
	labels := make([]string, len(datasets))
	for i, name := range datasets {
		labels[i] = m.Label(name)
	}
	return labels
}

// wildcards refuses rules with a pattern that give a role with data of which the policy denies that.
func (d *decoder) wildcards(m *Map) {
	denied := slices.ContainsFunc(sensitivities(), func(name string) bool { return m.Handling[name].WildcardGroups == Deny })
	if !denied {
		return
	}
	for _, i := range m.Identities {
		if i == nil {
			continue
		}
		for group, list := range i.Groups {
			if isPattern(group) {
				d.wildcard(m, "group "+shown(group), list)
			}
		}
		for _, rule := range i.Claims {
			if claim := rule.pattern(); claim != "" {
				d.wildcard(m, "claim "+shown(claim)+": "+shown(rule.Match[claim]), rule.Roles)
			}
		}
	}
}

// pattern is the first claim by name of which the rule takes more than one text; "" for none.
func (r ClaimRule) pattern() (first string) {
	for claim, rule := range r.Match {
		if isPattern(rule) && (first == "" || cmp.Less(claim, first)) {
			first = claim
		}
	}
	return first
}

func (d *decoder) wildcard(m *Map, rule string, list []Given) {
	for _, g := range list {
		role := m.Roles[g.Role]
		if role == nil || role.mostSensitive == nil {
			continue
		}
		if data := role.mostSensitive; m.handlingAt(sensitivity(data)).WildcardGroups == Deny {
			d.add(g.at, "%s is a pattern, and gives the role %s, which reaches dataset %s: the policy has wildcard_groups: deny for that; write each one out",
				rule, g.Role, m.Label(data.Name))
		}
	}
}

// inheritSensitivity notes the most sensitive dataset that a role reaches, its parents' included.
func (r *Role) inheritSensitivity(m *Map) {
	most := func(d *Dataset) {
		if d != nil && d.Sensitivity != "" && (r.mostSensitive == nil || sensitivity(d) > sensitivity(r.mostSensitive)) {
			r.mostSensitive = d
		}
	}
	for _, name := range slices.Concat(r.Read, r.Write, r.Delete) {
		if own := m.Datasets[name]; own != nil {
			most(own.reached())
		}
	}
	for _, parent := range r.Inherits {
		if p := m.Roles[parent]; p != nil {
			most(p.mostSensitive)
		}
	}
}
