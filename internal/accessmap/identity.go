package accessmap

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/secret"
)

// fromUserInfo is the groups_from of an identity whose groups are at the userinfo endpoint (OpenID Connect Core 1.0 section 5.3).
const fromUserInfo = "userinfo"

var identityFields = []field[Identity]{
	{"kind", optional, &form{words: idp.Kinds, schema: schema{Default: idp.Auto}},
		func(v value, i *Identity) { i.Kind = v.text() },
		"The provider's kind; auto tells it from the issuer."},
	{"issuer", optional, issuerForm, func(v value, i *Identity) { i.Issuer = v.text() },
		"The provider's address, byte for byte as it is in the tokens' iss: a trailing slash counts. May be left out for github-actions."},
	{"client_id", optional, clientIDForm, func(v value, i *Identity) { i.ClientID = v.text() },
		"The client registered for dbxaccess at the provider: a public or native one."},
	{"client_secret", optional, clientSecretForm, func(v value, i *Identity) { i.ClientSecret = secret.New(v.text()) },
		"Only where the provider gives installed apps one (Google). Public by design: never a real secret."},
	{"flow", optional, &form{words: func() []string { return []string{FlowAuto, FlowDevice, FlowBrowser} }, schema: schema{Default: FlowAuto}},
		func(v value, i *Identity) { i.Flow = v.text() },
		"How people sign in: auto takes the browser where there is one and a device code elsewhere; the others can't be changed by --flow."},
	{"redirect_port", optional, portForm, func(v value, i *Identity) { i.RedirectPort = v.port() },
		"Port on 127.0.0.1 that the browser comes back to, where the provider wants to know it beforehand. Any free one if left out."},
	{"scopes", optional, &form{each: scopeForm}, func(v value, i *Identity) { i.Scopes = v.list() },
		"OAuth scopes to ask for instead of the usual ones."},
	{"audience", optional, audienceForm, func(v value, i *Identity) { i.Audience = v.text() },
		"Sent as the parameter audience where a sign-in begins (Auth0)."},
	{"parameters", optional, parametersForm, readParameters,
		"Further parameters of a sign-in, such as prompt or login_hint. Those that the sign-in sets itself are refused."},
	{"device_authorization_endpoint", optional, issuerForm, func(v value, i *Identity) { i.DeviceEndpoint = v.text() },
		"Where to ask for a device code, for a provider whose discovery document does not say."},
	{"verification_hosts", optional, &form{each: hostForm}, func(v value, i *Identity) { i.VerificationHosts = v.list() },
		"Hosts besides the issuer's that people may be sent to with their code."},
	{"start_url", optional, startURLForm, func(v value, i *Identity) { i.StartURL = v.text() },
		"Address of the access portal of AWS IAM Identity Center, as in https://acme.awsapps.com/start."},
	{"sso_region", optional, regionForm, func(v value, i *Identity) { i.SSORegion = v.text() },
		"Region that the Identity Center is in."},
	{"roles", optional, givenForm, func(v value, i *Identity) { i.Roles = v.given() },
		"Roles offered to the people that Identity Center assigns them to. Each needs an aws.account_id and role_name, or a via that leads to one."},
	{"token", optional, &form{ref: "token"}, readToken, ""},
	{"groups_claim", optional, &form{check: checkClaim, schema: schema{MinLength: 1, Default: "groups"}},
		func(v value, i *Identity) { i.GroupsClaim = v.text() },
		"The claim that lists the groups: its name, or a JSON pointer that begins with a slash. Of an object, the names count."},
	{"groups_from", optional, &form{words: func() []string { return []string{"id_token", fromUserInfo} }, schema: schema{Default: "id_token"}},
		func(v value, i *Identity) { i.UserInfo = v.text() == fromUserInfo },
		"Where that claim is: in the ID token, or only at the provider's userinfo endpoint, which is then asked at each sign-in and renewal."},
	{"groups", optional, &form{keys: groupForm, each: givenForm}, readGroups,
		"Group to the roles it gives, each by its name, or with until and reason. A group is written as the provider writes it, or as a pattern: * and ? stop at a slash, ** doesn't."},
	{"signed_tags", optional, signedTagsForm, readSignedTags,
		"Group to the session tags that the provider signs into its members' ID tokens, so that AWS can tell them from others. A group that has a rule, written out."},
	{"claims", optional, &form{schema: schema{Type: "array", Items: &schema{Ref: defs + "claim_rule"}}}, readClaims,
		"Rules on any claims of the ID token. At an issuer that many organisations share, each must pin an owner."},
	{"acknowledge", optional, acknowledgeForm, func(v value, i *Identity) { v.acknowledge(concern{partIdentity, i.Name}) }, aboutAcknowledge},
}

// The three sorts of identity.
var (
	people = variant{
		is:    "for people (it has no token and no start_url)",
		needs: []string{"issuer", "client_id"},
		may: []string{"kind", "client_secret", "flow", "redirect_port", "scopes", "audience", "parameters",
			"device_authorization_endpoint", "verification_hosts", "groups_claim", "groups_from", "groups", "signed_tags", "claims", "acknowledge"},
	}
	identityCenter = variant{
		is:    "AWS IAM Identity Center (it has start_url)",
		needs: []string{"start_url", "sso_region", "roles"},
		may:   []string{"flow", "redirect_port", "acknowledge"},
	}
	workload = variant{
		is:    "a workload (it has token)",
		needs: []string{"token", "claims"},
		may:   []string{"issuer", "groups_claim", "groups", "acknowledge"},
	}
)

// identitySchema says which keys each sort has.
func identitySchema() schema {
	s := objectOf(aboutIdentity, identityFields)
	rules := only(identityFields, people)
	rules.AnyOf = []schema{{Required: []string{"groups"}}, {Required: []string{"claims"}}}
	ofWorkload, ofCenter := only(identityFields, workload), only(identityFields, identityCenter)
	elsewhere := members{{"token", schema{Properties: members{{"from", schema{Not: &schema{Const: idp.FromGitHub}}}}}}}
	s.AllOf = []schema{
		{If: &schema{Required: []string{"token"}}, Then: &ofWorkload},
		{If: &schema{Required: []string{"token"}, Properties: elsewhere}, Then: &schema{Required: []string{"issuer"}}},
		{If: &schema{Required: []string{"start_url"}, Properties: without("token")}, Then: &ofCenter},
		{If: &schema{Properties: without("token", "start_url")}, Then: &rules},
	}
	return s
}

func readIdentities(v value, m *Map) {
	m.Identities = section(v, func(name string, key, node *yaml.Node) *Identity {
		earlier := len(v.references)
		i := v.identity(name, key, node)
		m.gives[name] = make(map[string]bool, len(v.references)-earlier)
		for r := range v.references[earlier:] { // all are roles that it gives
			v.references[earlier+r].giver = i
			m.gives[name][v.references[earlier+r].name] = true
		}
		return i
	})
}

func (d *decoder) identity(name string, key, node *yaml.Node) *Identity {
	i := &Identity{Name: name, Flow: FlowAuto}
	d.identityAt[name] = place(key)
	o := read(d, node, "identity "+name, place(key), identityFields, i)
	if o == nil {
		return i
	}
	switch {
	case o.has("token"):
		o.hold(workload)
		switch {
		case o.has("issuer"):
		case i.Token.Is(idp.FromGitHub):
			i.Issuer = githubIssuer
		default:
			o.missing("issuer")
		}
	case o.has("start_url"):
		o.hold(identityCenter)
		d.sameCenter(i, o.where("start_url"))
		return i
	default:
		o.hold(people)
		if !o.has("client_id") && !slices.Contains(o.meant, "client_id") {
			d.add(o.begins, "%s: instead of client_id, AWS IAM Identity Center has start_url, and a workload has token", o.what)
		}
		if !o.has("groups") && !o.has("claims") {
			d.add(o.begins, "%s: neither groups nor claims say what it gives", o.what)
		}
		i.Kind = cmp.Or(i.Kind, idp.Auto)
	}
	i.GroupsClaim = cmp.Or(i.GroupsClaim, "groups")
	if i.Token == nil {
		d.sameSignIn(i, o.begins)
	}
	d.pinned(i, o.where("groups"))
	d.mutable(i, o.where("groups"))
	return i
}

// sameCenter refuses a second identity of one Identity Center, whatever its region: people have one session there, and
// in it only the assignments in those accounts that the roles of the identity they signed in with name.
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

// sameSignIn refuses identities that share a sign-in and don't agree on what is kept of the userinfo endpoint: they would take
// the groups from one another at each renewal. Of the ID token, which is kept whole, each reads what it wants.
func (d *decoder) sameSignIn(i *Identity, at position) {
	key := i.Issuer + "\x00" + i.ClientID
	other := d.signIns[key]
	switch {
	case other == nil:
		d.signIns[key] = i
	case other.UserInfo != i.UserInfo || i.UserInfo && other.GroupsClaim != i.GroupsClaim:
		d.add(at, "identities %s and %s share a sign-in (issuer and client_id), so with groups_from: userinfo they must agree on groups_from "+
			"and groups_claim", other.Name, i.Name)
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
func (v value) port() int {
	if v.node.Kind == yaml.ScalarNode && portText.matches(v.node.Value) {
		if n, err := strconv.Atoi(v.node.Value); err == nil && n >= lowestPort && n <= highestPort {
			return n
		}
	}
	v.wrong("expected a port, a number from %d to %d", lowestPort, highestPort)
	return 0
}

func readGroups(v value, i *Identity) {
	i.Groups = make(map[string][]Given, len(v.node.Content)/2)
	v.entries(func(group string, key, node *yaml.Node) {
		if everything(group) {
			v.warnings.warn(everyGroup, concern{partIdentity, i.Name}, place(key), "identity %s: group %s matches every group", i.Name, shown(group))
		}
		v.groupAt[groupRule{i.Name, group}] = place(key)
		i.Groups[group] = v.of("group "+shown(group), node).given()
	})
}

var claimRuleFields = []field[ClaimRule]{
	{"match", required, &form{keys: claimForm, each: ruleForm, schema: schema{MinProperties: 1}}, readMatch,
		"Claim, by its name or a JSON pointer, to what it must be. Of several values, one that matches is enough."},
	{"roles", required, givenForm, func(v value, r *ClaimRule) { r.Roles = v.given() },
		"The roles that the rule gives."},
}

func readClaims(v value, i *Identity) {
	if v.node.Kind != yaml.SequenceNode {
		v.wrong("expected a list of rules, found %s", kindOf(v.node))
		return
	}
	earlier := len(v.warnings.list)
	for _, node := range v.node.Content {
		rule := ClaimRule{at: place(node)}
		read(v.decoder, node, "a rule in claims of identity "+i.Name, rule.at, claimRuleFields, &rule)
		i.Claims = append(i.Claims, rule)
	}
	for n := range v.warnings.list[earlier:] { // a rule does not know whose it is
		v.warnings.list[earlier+n].about.name = i.Name
	}
}

func readMatch(v value, r *ClaimRule) {
	r.Match = make(map[string]string)
	ok := v.entries(func(claim string, _, node *yaml.Node) {
		rule, ok := v.of("claim "+shown(claim), node).checked()
		if ok && everything(rule) {
			v.warnings.warn(everyValue, concern{part: partIdentity}, place(node), "claim %s: %s matches every value", shown(claim), shown(rule))
		}
		r.Match[claim] = rule
	})
	if ok && len(r.Match) == 0 {
		v.wrong("there is no claim, so the rule would match everyone")
	}
}
