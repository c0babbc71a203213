package accessmap

import (
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/secret"
)

var identityFields = []field[Identity]{
	{"kind", optional, &form{words: idp.Kinds, schema: schema{Default: idp.Auto}},
		func(d *decoder, v value, i *Identity) { i.Kind = d.text(v) },
		"The provider's kind; auto tells it from the issuer."},
	{"issuer", optional, issuerForm, func(d *decoder, v value, i *Identity) { i.Issuer = d.text(v) },
		"The provider's address, byte for byte as it is in the tokens' iss: a trailing slash counts. May be left out for github-actions."},
	{"client_id", optional, clientIDForm, func(d *decoder, v value, i *Identity) { i.ClientID = d.text(v) },
		"The client registered for dbxaccess at the provider: a public or native one."},
	{"client_secret", optional, clientSecretForm,
		func(d *decoder, v value, i *Identity) { i.ClientSecret = secret.New(d.text(v)) },
		"Only where the provider gives installed apps one (Google). Public by design: never a real secret."},
	{"flow", optional, &form{words: func() []string { return []string{FlowAuto, FlowDevice, FlowBrowser} }, schema: schema{Default: FlowAuto}},
		func(d *decoder, v value, i *Identity) { i.Flow = d.text(v) },
		"How people sign in: auto takes the browser where there is one and a device code elsewhere."},
	{"redirect_port", optional, portForm, func(d *decoder, v value, i *Identity) { i.RedirectPort = d.port(v) },
		"Port on 127.0.0.1 that the browser comes back to, where the provider wants to know it beforehand. Any free one if left out."},
	{"scopes", optional, &form{each: scopeForm}, func(d *decoder, v value, i *Identity) { i.Scopes = d.list(v) },
		"OAuth scopes to ask for instead of the usual ones."},
	{"audience", optional, audienceForm, func(d *decoder, v value, i *Identity) { i.Audience = d.text(v) },
		"Sent as the parameter audience where a sign-in begins (Auth0)."},
	{"parameters", optional, parametersForm, readParameters,
		"Further parameters of a sign-in, such as prompt or login_hint. Those that the sign-in sets itself are refused."},
	{"device_authorization_endpoint", optional, issuerForm,
		func(d *decoder, v value, i *Identity) { i.DeviceEndpoint = d.text(v) },
		"Where to ask for a device code, for a provider whose discovery document does not say."},
	{"verification_hosts", optional, &form{each: hostForm},
		func(d *decoder, v value, i *Identity) { i.VerificationHosts = d.list(v) },
		"Hosts besides the issuer's that people may be sent to with their code."},
	{"start_url", optional, startURLForm, func(d *decoder, v value, i *Identity) { i.StartURL = d.text(v) },
		"Address of the access portal of AWS IAM Identity Center, as in https://acme.awsapps.com/start."},
	{"sso_region", optional, regionForm, func(d *decoder, v value, i *Identity) { i.SSORegion = d.text(v) },
		"Region that the Identity Center is in."},
	{"roles", optional, namesForm, func(d *decoder, v value, i *Identity) { i.Roles = d.namesOf(v, takeableRole) },
		"Roles offered to whoever Identity Center assigns them to. Each needs an aws.account_id and role_name, or a via that leads to one."},
	{"token", optional, &form{ref: "token"}, readToken, ""},
	{"groups_claim", optional, &form{check: checkClaim, schema: schema{MinLength: 1, Default: "groups"}},
		func(d *decoder, v value, i *Identity) { i.GroupsClaim = d.text(v) },
		"The ID token's claim that lists the groups: its name, or a JSON pointer that begins with a slash."},
	{"groups", optional, &form{keys: groupForm, each: namesForm}, readGroups,
		"Group to the roles it gives. A group is written as the provider writes it, or as a pattern: * and ? stop at a slash, ** doesn't."},
	{"claims", optional, &form{schema: schema{Type: "array", Items: &schema{Ref: defs + "claim_rule"}}}, readClaims,
		"Rules on any claims of the ID token. At an issuer that everybody shares, each must pin an owner."},
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

// identitySchema says which keys each sort has.
func identitySchema() schema {
	s := objectOf("Who vouches for somebody and what that gives: people at an OpenID Connect provider (client_id), "+
		"people at AWS IAM Identity Center (start_url), or a machine (token).", identityFields)
	rules := only(identityFields, people)
	rules.AnyOf = []schema{{Required: []string{"groups"}}, {Required: []string{"claims"}}}
	ofMachine, ofCenter := only(identityFields, machine), only(identityFields, identityCenter)
	elsewhere := members{{"token", schema{Properties: members{{"from", schema{Not: &schema{Const: idp.FromGitHub}}}}}}}
	s.AllOf = []schema{
		{If: &schema{Required: []string{"token"}}, Then: &ofMachine},
		{If: &schema{Required: []string{"token"}, Properties: elsewhere}, Then: &schema{Required: []string{"issuer"}}},
		{If: &schema{Required: []string{"start_url"}, Properties: without("token")}, Then: &ofCenter},
		{If: &schema{Properties: without("token", "start_url")}, Then: &rules},
	}
	return s
}

func readIdentities(d *decoder, v value, m *Map) {
	m.Identities = section(d, v, func(name string, key, node *yaml.Node) *Identity {
		earlier := len(d.references)
		i := d.identity(name, key, node)
		m.gives[name] = make(map[string]bool)
		for r := range d.references[earlier:] { // all are roles that it gives
			d.references[earlier+r].giver = i
			m.gives[name][d.references[earlier+r].name] = true
		}
		return i
	})
}

func (d *decoder) identity(name string, key, node *yaml.Node) *Identity {
	i := &Identity{Name: name, Flow: FlowAuto}
	what, begins := "identity "+name, place(key)
	found := object(d, node, what, begins, identityFields, i)
	if found == nil {
		return i
	}
	switch {
	case found.has("token"):
		hold(d, what, begins, identityFields, found, machine)
		switch {
		case found.has("issuer"):
		case i.Token != nil && i.Token.From == idp.FromGitHub:
			i.Issuer = githubIssuer
		default:
			d.missing(begins, what, "issuer")
		}
	case found.has("start_url"):
		hold(d, what, begins, identityFields, found, identityCenter)
		d.sameCenter(i, found["start_url"])
		return i
	default:
		hold(d, what, begins, identityFields, found, people)
		if !found.has("client_id") {
			d.add(begins, "%s: instead of client_id, AWS IAM Identity Center has start_url, and a machine has token", what)
		}
		if !found.has("groups") && !found.has("claims") {
			d.add(begins, "%s: neither groups nor claims say what it gives", what)
		}
		if i.Kind == "" {
			i.Kind = idp.Auto
		}
	}
	if i.GroupsClaim == "" {
		i.GroupsClaim = "groups"
	}
	d.pinned(i, found["groups"])
	d.mutable(i, found["groups"])
	return i
}

// sameCenter refuses a second identity of one Identity Center, whatever its region: people have one session there, and in
// it only the assignments in those accounts that the roles of the identity they signed in with name.
func (d *decoder) sameCenter(i *Identity, at position) {
	address := strings.ToLower(i.StartURL)
	switch other := d.centers[address]; {
	case address == "": // reported already
	case other == "":
		d.centers[address] = i.Name
	default:
		d.add(at, "identities %s and %s are the same Identity Center; give one of them all the roles", other, i.Name)
	}
}

const (
	lowestPort, highestPort = 1024, 65535
	portPattern             = `^[1-9][0-9]{3,4}$`
)

var (
	portText = &form{pattern: portPattern}
	portForm = &form{schema: schema{AnyOf: []schema{
		{Type: "integer", Minimum: lowestPort, Maximum: highestPort}, {Type: "string", Pattern: portPattern},
	}}}
)

// port reads a number, in quotes or not.
func (d *decoder) port(v value) int {
	if v.node.Kind == yaml.ScalarNode && portText.matches(v.node.Value) {
		if n, err := strconv.Atoi(v.node.Value); err == nil && n >= lowestPort && n <= highestPort {
			return n
		}
	}
	d.add(place(v.node), "%s: expected a port, a number from %d to %d", v.key, lowestPort, highestPort)
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
	{"match", required, &form{keys: claimForm, each: ruleForm, schema: schema{MinProperties: 1}}, readMatch,
		"Claim, by its name or a JSON pointer, to what it must be. Of several values one suffices."},
	{"roles", required, namesForm, func(d *decoder, v value, r *ClaimRule) { r.Roles = d.namesOf(v, takeableRole) },
		"The roles that the rule gives."},
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
