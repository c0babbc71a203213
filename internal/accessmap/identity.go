package accessmap

import (
	"strconv"

	"go.yaml.in/yaml/v3"

	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/secret"
)

var identityFields = []field[Identity]{
	{"kind", optional, &form{words: idp.Kinds}, func(d *decoder, v value, i *Identity) { i.Kind = d.text(v) }},
	{"issuer", optional, issuerForm, func(d *decoder, v value, i *Identity) { i.Issuer = d.text(v) }},
	{"client_id", optional, clientIDForm, func(d *decoder, v value, i *Identity) { i.ClientID = d.text(v) }},
	{"client_secret", optional, clientSecretForm, func(d *decoder, v value, i *Identity) { i.ClientSecret = secret.New(d.text(v)) }},
	{"flow", optional, &form{words: func() []string { return []string{FlowAuto, FlowDevice, FlowBrowser} }},
		func(d *decoder, v value, i *Identity) { i.Flow = d.text(v) }},
	{"redirect_port", optional, portForm, func(d *decoder, v value, i *Identity) { i.RedirectPort = d.port(v) }},
	{"scopes", optional, &form{each: scopeForm}, func(d *decoder, v value, i *Identity) { i.Scopes = d.list(v) }},
	{"audience", optional, audienceForm, func(d *decoder, v value, i *Identity) { i.Audience = d.text(v) }},
	{"parameters", optional, parametersForm, readParameters},
	{"device_authorization_endpoint", optional, issuerForm, func(d *decoder, v value, i *Identity) { i.DeviceEndpoint = d.text(v) }},
	{"verification_hosts", optional, &form{each: hostForm}, func(d *decoder, v value, i *Identity) { i.VerificationHosts = d.list(v) }},
	{"start_url", optional, startURLForm, func(d *decoder, v value, i *Identity) { i.StartURL = d.text(v) }},
	{"sso_region", optional, regionForm, func(d *decoder, v value, i *Identity) { i.SSORegion = d.text(v) }},
	{"roles", optional, namesForm, func(d *decoder, v value, i *Identity) { i.Roles = d.namesOf(v, takeableRole) }},
	{"token", optional, &form{}, readToken},
	{"groups_claim", optional, claimForm, func(d *decoder, v value, i *Identity) { i.GroupsClaim = d.text(v) }},
	{"groups", optional, &form{keys: groupForm, each: namesForm}, readGroups},
	{"claims", optional, &form{}, readClaims},
}

// The three sorts of identity.
var (
	people = variant{
		is:    "for people (it has no token and no start_url)",
		needs: []string{"issuer", "client_id"},
		may: []string{"kind", "client_secret", "flow", "redirect_port", "scopes", "audience", "parameters",
			"device_authorization_endpoint", "verification_hosts", "groups_claim", "groups", "claims"},
	}
	identityCenter = variant{
		is:    "AWS IAM Identity Center (it has start_url)",
		needs: []string{"start_url", "sso_region", "roles"},
		may:   []string{"flow", "redirect_port"},
	}
	machine = variant{
		is:    "a machine (it has token)",
		needs: []string{"token", "claims"},
		may:   []string{"issuer", "groups_claim", "groups"},
	}
)

func readIdentities(d *decoder, v value, m *Map) {
	ok := d.entries(v, func(name string, key, node *yaml.Node) {
		m.Identities[name] = d.identity(name, key, node)
	})
	switch {
	case !ok:
		m.Identities = nil
	case len(m.Identities) == 0:
		d.add(place(v.node), "identities: there are none")
	}
}

func (d *decoder) identity(name string, key, node *yaml.Node) *Identity {
	i := &Identity{Name: name, Flow: FlowAuto}
	earlier := len(d.references)
	what, begins := "identity "+name, place(key)
	found := object(d, node, what, begins, identityFields, i)
	// All it refers to are roles that it gives.
	for r := range d.references[earlier:] {
		d.references[earlier+r].giver = i
	}
	if found == nil {
		return i
	}
	at := func(key string) position { return found[indexOf(identityFields, key)] }
	has := func(key string) bool { return at(key).line != 0 }
	switch {
	case has("token"):
		hold(d, what, begins, identityFields, found, machine)
		switch {
		case has("issuer"):
		case i.Token != nil && i.Token.From == idp.FromGitHub:
			i.Issuer = githubIssuer
		default:
			d.missing(begins, what, "issuer")
		}
	case has("start_url"):
		hold(d, what, begins, identityFields, found, identityCenter)
		d.centers = append(d.centers, center{i, at("start_url")})
		return i
	default:
		hold(d, what, begins, identityFields, found, people)
		if !has("client_id") {
			d.add(begins, "%s: instead of client_id, AWS IAM Identity Center has start_url, and a machine has token", what)
		}
		if !has("groups") && !has("claims") {
			d.add(begins, "%s: neither groups nor claims say what it gives", what)
		}
		if i.Kind == "" {
			i.Kind = idp.Auto
		}
	}
	if i.GroupsClaim == "" {
		i.GroupsClaim = "groups"
	}
	d.pinned(i, at("groups"))
	d.mutable(i, at("groups"))
	return i
}

func indexOf[T any](fields []field[T], key string) int {
	for i, f := range fields {
		if f.key == key {
			return i
		}
	}
	return -1
}

var portForm = &form{pattern: `^[1-9][0-9]{3,4}$`}

// port reads a number, in quotes or not.
func (d *decoder) port(v value) int {
	const lowest, highest = 1024, 65535
	if v.node.Kind == yaml.ScalarNode && v.form.matches(v.node.Value) {
		if n, err := strconv.Atoi(v.node.Value); err == nil && n >= lowest && n <= highest {
			return n
		}
	}
	d.add(place(v.node), "%s: expected a port, a number from %d to %d", v.key, lowest, highest)
	return 0
}

func readGroups(d *decoder, v value, i *Identity) {
	i.Groups = make(map[string][]string)
	d.entries(v, func(group string, key, node *yaml.Node) {
		if everything(group) {
			d.warnings.add(place(key), "identity %s: group %s is a pattern that takes every group", i.Name, shown(group))
		}
		i.Groups[group] = d.namesOf(v.of("group "+shown(group), node), takeableRole)
	})
}

var claimRuleFields = []field[ClaimRule]{
	{"match", required, &form{keys: claimForm, each: ruleForm}, readMatch},
	{"roles", required, namesForm, func(d *decoder, v value, r *ClaimRule) { r.Roles = d.namesOf(v, takeableRole) }},
}

func readClaims(d *decoder, v value, i *Identity) {
	if v.node.Kind != yaml.SequenceNode {
		d.add(place(v.node), "%s: expected a list of rules, found %s", v.key, kindOf(v.node))
		return
	}
	for _, node := range v.node.Content {
		rule := ClaimRule{at: place(node)}
		object(d, node, "a rule in claims of identity "+i.Name, rule.at, claimRuleFields, &rule)
		i.Claims = append(i.Claims, rule)
	}
}

func readMatch(d *decoder, v value, r *ClaimRule) {
	r.Match = make(map[string]string)
	ok := d.entries(v, func(claim string, _, node *yaml.Node) {
		rule, ok := d.checked(v.of("claim "+shown(claim), node))
		if ok && everything(rule) {
			d.warnings.add(place(node), "claim %s: %s is a pattern that takes every value", shown(claim), shown(rule))
		}
		r.Match[claim] = rule
	})
	if ok && len(r.Match) == 0 {
		d.add(place(v.node), "match: there is no claim, so the rule would take everybody")
	}
}
