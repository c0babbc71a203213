package accessmap

import (
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/needed"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const beforeChanges = `version: 1
contact: "#ml"
identities:
  acme:
    issuer: https://id.example
    client_id: cc
    verification_hosts: [v2.example, v1.example]
    groups: {ml: [trainer], data-*: [reader]}
    claims: [{match: {team: x, "/a/b": y}, roles: [reader]}]
  corp: {start_url: https://acme.awsapps.com/start, sso_region: us-east-1, roles: [set]}
  job: {token: {from: command, argv: [vault, read, "-f=a b", "\u0430"], audience: j}, issuer: https://j.example, claims: [{match: {sub: s}, roles: [reader]}]}
workspaces: {prod: {host: https://prod.example}, dev: {host: https://dev.example, login: browser}, test: {host: https://test.example}}
datasets:
  churn: {location: s3://acme/churn/, sensitivity: confidential, kms_key: "arn:aws:kms:us-east-1:111122223333:key/k"}
  more: {location: s3://acme/more/}
roles:
  base: {read: [churn]}
  reader: {aws: {role_arn: "arn:aws:iam::111122223333:role/reader", region: us-east-1}, read: [churn, more]}
  trainer:
    aws: {role_arn: "arn:aws:iam::111122223333:role/trainer", region: us-east-1, duration: 1h, via: reader, source_identity: true, transitive_tags: [team]}
    inherits: [base]
    workspace: prod
    service_principal: 01234567-89ab-cdef-0123-456789abcdef
    write: [churn]
    tags: {team: churn}
  set: {aws: {account_id: "222233334444", role_name: Set, region: us-east-1}}
`

func lines(changes []Change) []string {
	var list []string
	for _, c := range changes {
		list = append(list, fmt.Sprintf("%s %s: %s", c.Effect, c.Topic, c.Text))
	}
	return list
}

func TestChanges(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		old, new string
		want     []string
	}{
		"nothing":             {"", "", nil},
		"a number":            {"contact:", "serial: 7\ncontact:", []string{"differs map: the map: serial 7 (it was 0)"}},
		"how old it may be":   {"contact:", "defaults: {max_age: 24h, expires: 30d}\ncontact:", []string{"differs map: the map: max_age 1d", "narrows map: the map: expires 30d"}},
		"a comment":           {"version: 1", "version: 1 # x", nil},
		"the order":           {"v2.example, v1.example", "v1.example, v2.example", nil},
		"the contact":         {"#ml", "#platform", []string{`differs map: the map: contact #platform (it was #ml)`}},
		"another issuer":      {"https://id.example", "https://evil.example", []string{"widens sign-in: identity acme: sign-in at https://evil.example (client cc, approved at v1.example, v2.example); it was sign-in at https://id.example (client cc, approved at v1.example, v2.example)"}},
		"another page":        {"v2.example, ", "", []string{"widens sign-in: identity acme: sign-in at https://id.example (client cc, approved at v1.example); it was sign-in at https://id.example (client cc, approved at v1.example, v2.example)"}},
		"another command":     {"vault, read", "sh, read", []string{`widens program: identity job: tokens of https://j.example (printed by the command "sh" "read" "-f=a b" "\u0430", which runs on this machine, for j); it was tokens of https://j.example (printed by the command "vault" "read" "-f=a b" "\u0430", which runs on this machine, for j)`}},
		"its words":           {`"-f=a b"`, `"-f=a", b`, []string{`widens program: identity job: tokens of https://j.example (printed by the command "vault" "read" "-f=a" "b" "\u0430", which runs on this machine, for j); it was tokens of https://j.example (printed by the command "vault" "read" "-f=a b" "\u0430", which runs on this machine, for j)`}},
		"another portal":      {"acme.awsapps", "evil.awsapps", []string{"widens sign-in: identity corp: sign-in at https://evil.awsapps.com/start (IAM Identity Center in us-east-1); it was sign-in at https://acme.awsapps.com/start (IAM Identity Center in us-east-1)"}},
		"a scope":             {"client_id: cc", "client_id: cc\n    scopes: [all]", []string{"widens sign-in: identity acme: scopes all"}},
		"a secret":            {"client_id: cc", "client_id: cc\n    client_secret: canary", []string{"differs sign-in: identity acme: another client secret"}},
		"how":                 {"client_id: cc", "client_id: cc\n    flow: device\n    redirect_port: 8400", []string{"differs sign-in: identity acme: flow device (it was auto)", "differs sign-in: identity acme: the browser comes back to port 8400"}},
		"a flow kept to":      {"client_id: cc", "client_id: cc\n    flow: browser", []string{"differs sign-in: identity acme: flow browser (it was auto)"}},
		"another claim":       {"client_id: cc", "client_id: cc\n    groups_claim: teams", []string{"widens rule: identity acme: groups come from the claim teams (it was groups)"}},
		"another host":        {"https://prod.example", "https://evil.example", []string{"widens workspace: workspace prod: host https://evil.example (it was https://prod.example)"}},
		"tokens for it":       {", login: browser", "", []string{"widens workspace: workspace dev: login federation (it was browser)"}},
		"no tokens":           {"host: https://test.example", "host: https://test.example, login: browser", []string{"differs workspace: workspace test: login browser (it was federation)"}},
		"another ARN":         {":role/trainer", ":role/admin", []string{"widens role: role trainer: is arn:aws:iam::111122223333:role/admin, via reader (it was arn:aws:iam::111122223333:role/trainer, via reader)"}},
		"another account":     {"111122223333:role/reader", "999988887777:role/reader", []string{"widens role: role reader: is arn:aws:iam::999988887777:role/reader (it was arn:aws:iam::111122223333:role/reader)", "widens account: AWS account 999988887777"}},
		"another set":         {"role_name: Set", "role_name: Admin", []string{"widens role: role set: is permission set Admin in account 222233334444 (it was permission set Set in account 222233334444)"}},
		"another cloud":       {"role_name: Set, region: us-east-1", "role_name: Set, region: cn-north-1", []string{"widens role: role set: region cn-north-1 (it was us-east-1)", "widens account: AWS account aws-cn:222233334444", "narrows account: no more AWS account 222233334444"}},
		"another principal":   {"01234567-", "11234567-", []string{"widens role: role trainer: service principal 11234567-89ab-cdef-0123-456789abcdef (it was 01234567-89ab-cdef-0123-456789abcdef)"}},
		"the person":          {"    service_principal: 01234567-89ab-cdef-0123-456789abcdef\n", "", []string{"widens role: role trainer: no service principal (it was 01234567-89ab-cdef-0123-456789abcdef)"}},
		"another workspace":   {"workspace: prod", "workspace: test", []string{"widens role: role trainer: workspace test (it was prod)"}},
		"no policy":           {", read: [churn, more]}", "}", []string{"widens role: role reader: no session policy any more, so it may do all that arn:aws:iam::111122223333:role/reader may"}},
		"a policy":            {"role_name: Set, region: us-east-1}", `role_name: Set, region: us-east-1, role_arn: "arn:aws:iam::222233334444:role/set"}, read: [more]`, []string{"narrows grant: role set: may read nothing but more", "widens role: role set: is arn:aws:iam::222233334444:role/set, permission set Set in account 222233334444 (it was permission set Set in account 222233334444)"}},
		"another dataset":     {"write: [churn]", "write: [churn, more]", []string{"widens grant: role trainer: may write more"}},
		"another verb":        {"write: [churn]", "delete: [churn]", []string{"narrows grant: role trainer: may no longer write churn (confidential)", "widens grant: role trainer: may delete churn (confidential)"}},
		"what is inherited":   {"base: {read: [churn]}", "base: {read: [churn, more]}", []string{"widens grant: role base: may read more", "widens grant: role trainer: may read more"}},
		"a dataset moves":     {"s3://acme/churn/", "s3://pays/churn/", []string{"widens dataset: dataset churn: location s3://pays/churn/ (it was s3://acme/churn/)"}},
		"it shrinks":          {"s3://acme/churn/", "s3://acme/churn/v2/", []string{"narrows dataset: dataset churn: location s3://acme/churn/v2/ (it was s3://acme/churn/)"}},
		"it grows":            {"s3://acme/churn/", "s3://acme/", []string{"widens dataset: dataset churn: location s3://acme/ (it was s3://acme/churn/)"}},
		"it is in two":        {"location: s3://acme/churn/", "locations: [s3://acme/labels/, s3://acme/churn/]", []string{"widens dataset: dataset churn: locations s3://acme/churn/, s3://acme/labels/ (it was s3://acme/churn/)"}},
		"it is in parts":      {"location: s3://acme/churn/", "locations: [s3://acme/churn/b/, s3://acme/churn/a/]", []string{"narrows dataset: dataset churn: locations s3://acme/churn/a/, s3://acme/churn/b/ (it was s3://acme/churn/)"}},
		"something is denied": {"s3://acme/churn/", "s3://acme/churn/, deny: [s3://acme/churn/pii/]", []string{"narrows dataset: dataset churn: denied s3://acme/churn/pii/"}},
		"its root":            {"s3://acme/churn/", "s3://acme/churn/, root: exact", []string{"widens dataset: dataset churn: its root may be listed without the slash, and with it names of neighbours that begin alike"}},
		"in short":            {"write: [churn]", "readwrite: [churn]", nil},
		"its key":             {"key/k", "key/l", []string{"widens dataset: dataset churn: KMS key arn:aws:kms:us-east-1:111122223333:key/l (it was arn:aws:kms:us-east-1:111122223333:key/k)"}},
		"less sensitive":      {"confidential", "public", []string{"widens dataset: dataset churn: sensitivity public (it was confidential)"}},
		"more sensitive":      {"confidential", "restricted", []string{"narrows dataset: dataset churn: sensitivity restricted (it was confidential)"}},
		"everybody":           {"data-*:", `"**":`, []string{`narrows rule: identity acme: groups matching "data-*" may no longer take reader`, `widens everybody: identity acme: everybody with a group may now take reader`}},
		"every token":         {"team: x", "team: x, z: '*'", []string{`narrows rule: identity acme: tokens with /a/b matching "y" and team matching "x" may no longer take reader`, `widens rule: identity acme: tokens with /a/b matching "y" and team matching "x" and z matching "*" may now take reader`}},
		"a pattern":           {"ml:", "ml*:", []string{`narrows rule: identity acme: group "ml" may no longer take trainer`, `widens rule: identity acme: groups matching "ml*" may now take trainer`}},
		"a role for a group":  {"ml: [trainer]", "ml: [trainer, reader]", []string{`widens rule: identity acme: group "ml" may now take reader`}},
		"not any more":        {"ml: [trainer], ", "", []string{`narrows rule: identity acme: group "ml" may no longer take trainer`}},
		"assigned":            {"roles: [set]}", "roles: [set, set2]}", []string{"widens rule: identity corp: an assignment in IAM Identity Center may now take set2", "widens role: role set2 is new: permission set Set in account 222233334444, no session policy"}},
		"longer":              {"duration: 1h", "duration: 12h", []string{"differs role: role trainer: duration 12h (it was 1h)"}},
		"not by name":         {", source_identity: true", "", []string{"widens role: role trainer: no longer names the person to AWS as source identity"}},
		"a tag":               {"{team: churn}", `{team: "", x: y}`, []string{`widens role: role trainer: tag team "" (it was "churn")`, `widens role: role trainer: tag x "y"`}},
		"a tag that goes on":  {", transitive_tags: [team]", "", []string{"widens role: role trainer: no transitive tags (it was team)"}},
		"a description":       {"inherits: [base]", "inherits: [base]\n    description: Train", []string{"differs role: role trainer: description Train"}},
		"a dataset":           {"  more:", "  third: {location: s3://third}\n  more:", []string{"differs dataset: dataset third is new: s3://third/"}},
		"another base":        {"  base: {", "  base2: {read: [more]}\n  base: {", []string{"differs role: role base2 is new: no AWS role, reads more"}},
		"an identity is gone": {"  corp: {start_url: https://acme.awsapps.com/start, sso_region: us-east-1, roles: [set]}\n", "", []string{"narrows sign-in: identity corp is gone"}},
		"a workspace is gone": {", dev: {host: https://dev.example, login: browser}", "", []string{"narrows workspace: workspace dev is gone"}},
	} {
		text := strings.ReplaceAll(beforeChanges, c.old, c.new)
		if c.old == "" {
			text = beforeChanges
		} else if text == beforeChanges {
			t.Fatalf("%s: the map has no %q", name, c.old)
		}
		if strings.Contains(text, "set2") {
			text += "  set2: {aws: {account_id: \"222233334444\", role_name: Set, region: us-east-1}}\n"
		}
		if diff := cmp.Diff(c.want, lines(Changes(parsed(t, beforeChanges), parsed(t, text)))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// A map that no longer keeps people to the browser lets others send them a code.
func TestAFlowThatIsNoLongerKeptToIsAgreedTo(t *testing.T) {
	t.Parallel()
	kept := parsed(t, strings.Replace(beforeChanges, "client_id: cc", "client_id: cc\n    flow: browser", 1))
	want := []string{"widens sign-in: identity acme: flow auto (it was browser)"}
	if diff := cmp.Diff(want, lines(Changes(kept, parsed(t, beforeChanges)))); diff != "" {
		t.Error(diff)
	}
}

// Against nothing, all is new: what people agree to at first.
func TestChangesAgainstNothing(t *testing.T) {
	t.Parallel()
	var got []string
	for _, line := range lines(Changes(&Map{}, parsed(t, beforeChanges))) {
		if !strings.HasPrefix(line, "differs ") {
			got = append(got, line)
		}
	}
	want := []string{
		`widens rule: identity acme: tokens with /a/b matching "y" and team matching "x" may now take reader`,
		`widens rule: identity acme: groups matching "data-*" may now take reader`,
		`widens rule: identity acme: group "ml" may now take trainer`,
		"widens rule: identity corp: an assignment in IAM Identity Center may now take set",
		`widens rule: identity job: tokens with sub matching "s" may now take reader`,
		"widens role: role reader is new: arn:aws:iam::111122223333:role/reader, reads churn (confidential), more",
		"widens role: role set is new: permission set Set in account 222233334444, no session policy",
		"widens role: role trainer is new: arn:aws:iam::111122223333:role/trainer, via reader, workspace prod, " +
			"as the service principal 01234567-89ab-cdef-0123-456789abcdef, reads churn (confidential), writes churn (confidential)",
		"widens account: AWS account 111122223333", "widens account: AWS account 222233334444",
		"widens workspace: workspace dev: host https://dev.example", "widens workspace: workspace prod: host https://prod.example",
		"widens workspace: workspace test: host https://test.example",
		"widens sign-in: identity acme: sign-in at https://id.example (client cc, approved at v1.example, v2.example)",
		"widens sign-in: identity corp: sign-in at https://acme.awsapps.com/start (IAM Identity Center in us-east-1)",
		`widens program: identity job: tokens of https://j.example (printed by the command "vault" "read" "-f=a b" "\u0430", which runs on this machine, for j)`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// No key of the map may change without a word, those that a later version of this language brings included.
func TestNoChangeIsSilent(t *testing.T) {
	t.Parallel()
	of := map[string]func(*Map) any{
		"Map":      func(m *Map) any { return m },
		"defaults": func(m *Map) any { return &m.Defaults },
		"audit":    func(m *Map) any { return &m.Audit },
		"people":   func(m *Map) any { return m.Identities["acme"] },
		"center":   func(m *Map) any { return m.Identities["corp"] },
		"workload": func(m *Map) any { return m.Identities["job"] },
		"token":    func(m *Map) any { return m.Identities["job"].Token },
		"rule":     func(m *Map) any { return &m.Identities["acme"].Claims[0] },
		"given":    func(m *Map) any { return &m.Identities["acme"].Groups["ml"][0] },
		"space":    func(m *Map) any { return m.Workspaces["prod"] },
		"dataset":  func(m *Map) any { return m.Datasets["churn"] },
		"role":     func(m *Map) any { return m.Roles["trainer"] },
		"AWS":      func(m *Map) any { return m.Roles["trainer"].AWS },
		"set":      func(m *Map) any { return m.Roles["set"].AWS },
	}
	// What has no meaning there, or is compared by what it holds: names are keys of the maps that are compared.
	ignored := map[string][]string{
		"Map":      {"Identities", "Workspaces", "Datasets", "Roles", "Defaults", "Audit", "Handling"},
		"center":   {"Issuer", "Kind", "ClientID", "DeviceEndpoint", "VerificationHosts", "Audience", "Parameters", "Token"},
		"people":   {"SSORegion", "StartURL", "Token"},
		"token":    {"Path", "Name", "Region", "From"},
		"set":      {"Via"},
		"workload": {"Kind", "ClientID", "DeviceEndpoint", "VerificationHosts", "Audience", "Parameters", "StartURL", "SSORegion", "Token"},
		"AWS":      {"AccountID"},
	}
	for name, pick := range of {
		for _, field := range reflect.VisibleFields(reflect.TypeOf(pick(parsed(t, beforeChanges))).Elem()) {
			if !field.IsExported() || field.Name == "Name" && name != "token" || slices.Contains(ignored[name], field.Name) {
				continue
			}
			m := parsed(t, beforeChanges)
			alter(t, reflect.ValueOf(pick(m)).Elem().FieldByIndex(field.Index))
			(&decoder{report: report{limit: maxProblems}}).inherit(m)
			m.besides++ // a file that says so is another one
			if Changes(parsed(t, beforeChanges), m) == nil {
				t.Errorf("%s: a change of %s is not told; say in changes*.go what it means", name, field.Name)
			}
		}
	}
}

// alter makes a value another one.
func alter(t *testing.T, v reflect.Value) {
	t.Helper()
	switch was := v.Interface().(type) {
	case secret.String:
		v.Set(reflect.ValueOf(secret.New("canary")))
	case time.Duration:
		v.SetInt(int64(was + time.Hour))
	case string:
		v.SetString(was + "x")
	case Verdict:
		v.Set(reflect.ValueOf(map[Verdict]Verdict{Deny: Allow, Allow: Deny, "": Deny}[was]))
	case int, int64:
		v.SetInt(v.Int() + 1)
	case bool:
		v.SetBool(!was)
	case Login:
		v.SetString(string(was) + "x")
	case []string:
		another := "set"
		if slices.Contains(was, another) {
			another = "reader"
		}
		v.Set(reflect.ValueOf(append([]string{another}, was...)))
	case map[string]string:
		v.Set(reflect.ValueOf(map[string]string{"other": "x"}))
	case []Given:
		another := "set"
		if slices.Contains(namesOf(was), another) {
			another = "reader"
		}
		v.Set(reflect.ValueOf(append(giving(another), was...)))
	case map[string][]Given:
		v.Set(reflect.ValueOf(map[string][]Given{"other": giving("set")}))
	case []ClaimRule:
		v.Set(reflect.ValueOf([]ClaimRule{{Match: map[string]string{"other": "x"}, Roles: giving("set")}}))
	case time.Time:
		v.Set(reflect.ValueOf(was.Add(time.Hour)))
	case []Statement:
		v.Set(reflect.ValueOf(append([]Statement{{Actions: []string{"glue:GetTable"}, Resources: []string{"*"}}}, was...)))
	case []UnityGrant:
		v.Set(reflect.ValueOf(append([]UnityGrant{{Type: "catalog", Name: "other", Privileges: []string{"BROWSE"}}}, was...)))
	case map[string]map[string]string:
		v.Set(reflect.ValueOf(map[string]map[string]string{"other": {"team": "x"}}))
	case *UnityCredential:
		v.Set(reflect.ValueOf(&UnityCredential{Name: "other"}))
	case []Location:
		v.Set(reflect.ValueOf(append([]Location{{Bucket: "other"}}, was...)))
	case *AWS, *idp.TokenSource:
		v.SetZero()
	default:
		t.Fatalf("alter a %s too", v.Type())
	}
}

// A role that inherits from thousands, thousands of times, in a file of a megabyte: that ends soon, and asks.
func TestChangesOfAHostileMapEndSoon(t *testing.T) {
	needed.FullSpeed(t)
	t.Parallel()
	const roles = 4000
	var b strings.Builder
	b.WriteString("version: 1\nidentities: {i: {issuer: https://i.example, client_id: x, groups: {g: [r0]}}}\ndatasets: {d: {location: s3://bucket}}\n" +
		"roles:\n  r0: {aws: {role_arn: \"arn:aws:iam::111122223333:role/r\", region: us-east-1}, read: [d]}\n")
	for i := 1; i < roles; i++ {
		fmt.Fprintf(&b, "  r%d: {read: [d], inherits: [r%d]}\n", i, i-1)
	}
	old, next := parsed(t, b.String()), parsed(t, b.String()+"contact: ml\n")
	began := time.Now()
	changes := slices.DeleteFunc(Changes(old, next), func(c Change) bool { return c.Topic == AboutMap })
	if took := time.Since(began); took > 30*time.Second || len(changes) != 1 || changes[0].Effect != Widens {
		t.Errorf("%s, %v", took, lines(changes))
	}
}

func FuzzChanges(f *testing.F) {
	for _, name := range []string{"acme", "trusting", "workloads", "sorts", "grants"} {
		data, err := os.ReadFile("testdata/" + name + ".yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(beforeChanges))
	other := parsed(f, beforeChanges)
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Parse("m", data)
		if err != nil {
			return
		}
		again := parsed(t, string(data))
		for range 2 { // by what is written, then by what it says
			if same := Changes(m, again); same != nil {
				t.Fatalf("the same map changes: %v", same)
			}
			again.besides++
		}
		for _, c := range append(Changes(other, m), Changes(&Map{}, m)...) {
			if c.Text != ui.Clean(c.Text) || strings.Contains(c.Text, "\n") {
				t.Fatalf("%q", c.Text)
			}
		}
	})
}
