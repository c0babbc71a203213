package accessmap

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// placesOfObjects is where each stands in the map, and what the table of its keys is headed by.
var placesOfObjects = map[string]struct{ heading, at string }{
	"map": {"The file", ""}, "defaults": {"Defaults", "defaults"}, "audit": {"The record", "audit"}, "policy": {"Rules by sensitivity", "policy"},
	"handling": {"What a rule asks", "policy.SENSITIVITY"}, "agent": {"Coding agents", "agents.NAME"}, "identity": {"Identities", "identities.NAME"},
	"claim_rule": {"Rules on claims", "identities.NAME.claims[]"}, "given_role": {"Roles that are given for a while", "an item wherever roles are given"},
	"token": {"Tokens of workloads", "identities.NAME.token"}, "workspace": {"Workspaces", "workspaces.NAME"}, "dataset": {"Datasets", "datasets.NAME"},
	"role": {"Roles", "roles.NAME"}, "aws": {"Roles at AWS", "roles.NAME.aws"}, "statement": {"Statements", "roles.NAME.statements[]"},
	"unity_grant": {"Grants in Unity Catalog", "roles.NAME.grants[]"}, "storage_credential": {"Storage credentials", "roles.NAME.storage_credential"},
	"service_credential": {"Service credentials", "roles.NAME.service_credential"},
}

// wholeExample is the whole of the map that the page begins with: nothing is to be said against it.
const wholeExample = `# yaml-language-server: $schema=access-map.schema.json
version: 1
contact: "#ml-platform"
serial: 12
defaults: { max_age: 24h, expires: 30d }
policy:
  restricted: { max_duration: 1h, env: deny }
identities:
  acme:
    issuer: https://acme.okta.com/oauth2/default
    client_id: 0oa1b2c3
    groups:
      analysts: [ml-reader]
      ml-scientists: [ml-reader, { role: ml-trainer, until: 2099-12-31, reason: the churn project }]
    acknowledge: { trust-by-audience-alone: the trust policies list sub }
  ci:
    token: { from: github-actions, audience: sts.amazonaws.com }
    claims:
      - { match: { repository: acme/churn, repository_owner_id: "1234567", ref: refs/heads/main }, roles: [ml-ci] }
workspaces:
  prod: { host: https://dbc-1234.cloud.databricks.com }
datasets:
  features: { location: s3://acme-ml/features/, sensitivity: internal }
  churn: { location: s3://acme-ml/churn/, sensitivity: restricted }
roles:
  ml-reader:
    description: Read the features
    aws: { role_arn: "arn:aws:iam::111122223333:role/ml-reader", region: us-east-1 }
    workspace: prod
    read: [features]
  ml-trainer:
    description: Train the churn model
    inherits: [ml-reader]
    aws: { role_arn: "arn:aws:iam::111122223333:role/ml-trainer", region: us-east-1 }
    readwrite: [churn]
    delete: [churn]
  ml-ci:
    description: Train the churn model each night
    inherits: [ml-trainer]
    aws: { role_arn: "arn:aws:iam::111122223333:role/ml-ci", region: us-east-1, duration: 2h }
    service_principal: 01234567-89ab-cdef-0123-456789abcdef
`

// examples are of each key, by object and key. Of an object with a table of its own the table has them.
var examples = map[string]map[string]string{
	"map": {
		"version": "1", "contact": `"#ml-platform"`, "serial": "20261130", "defaults": "{ max_age: 24h }", "audit": "{ on_failure: deny }", "policy": "{ restricted: { env: deny } }",
		"agents": "{ claude-code: { roles: [ml-reader] } }", "identities": "", "workspaces": "", "datasets": "", "roles": "",
		"acknowledge": "{ dataset-unused: data of last year }",
	},
	"defaults": {"max_age": "24h", "expires": "30d", "role": "ml-reader", "profile_prefix": "acme-", "min_version": "v1.2.0"},
	"audit":    {"on_failure": "deny"},
	"policy": {
		"public": "{ max_duration: 12h }", "internal": "{ max_duration: 8h }", "confidential": "{ agents: deny }", "restricted": "{ max_duration: 1h, env: deny }",
	},
	"handling": {
		"max_duration": "1h", "env": "deny", "agents": "deny", "wildcard_groups": "deny", "max_auth_age": "1h", "acr": "[phr]", "amr": "[mfa, hwk]", "reason": "required",
	},
	"agent": {
		"verbs": "[read]", "roles": "[ml-reader]", "datasets": "[features]", "max_duration": "15m", "lease": "2m", "token_scopes": "[sql:read]", "leases": "4", "per_minute": "10",
		"acknowledge": "{ agent-may-write: its own scratch data }",
	},
	"identity": {
		"kind": "okta", "issuer": "https://acme.okta.com/oauth2/default", "client_id": "0oa1b2c3", "client_secret": "GOCSPX-not-a-secret", "flow": "device", "redirect_port": "8400",
		"scopes": "[openid, email, groups, offline_access]", "audience": "api://acme", "parameters": "{ prompt: select_account }",
		"device_authorization_endpoint": "https://acme.okta.com/device", "verification_hosts": "[login.example.com]", "start_url": "https://acme.awsapps.com/start",
		"sso_region": "us-east-1", "roles": "[ml-set]", "token": "{ from: env, name: CI_TOKEN, audience: sts.amazonaws.com }", "groups_claim": "/realm_access/roles", "groups_from": "userinfo",
		"groups": `{ ml-scientists: [ml-reader], "/ml/**": [ml-reader] }`, "signed_tags": "{ ml-scientists: { team: churn } }",
		"claims": "[ { match: { department: research }, roles: [ml-reader] } ]", "acknowledge": "{ trust-by-audience-alone: the trust policies list sub }",
	},
	"claim_rule": {"match": `{ department: "R&D *", /address/country: DE }`, "roles": "[ml-reader]"},
	"given_role": {"role": "ml-reader", "until": "2027-01-31", "reason": "audit 2027"},
	"token": {
		"from": "github-actions", "audience": "sts.amazonaws.com", "path": "/var/run/secrets/dbxaccess/token", "name": "CI_TOKEN", "argv": "[gcloud, auth, print-identity-token]", "region": "us-east-1",
	},
	"workspace": {
		"host": "https://dbc-1234.cloud.databricks.com", "login": "browser", "account_id": "01234567-89ab-cdef-0123-456789abcdef", "workspace_id": `"7405600000000042"`,
		"scopes": "[sql:restricted-query, clusters:read]", "cross_account_role": "arn:aws:iam::111122223333:role/databricks",
		"warehouse_profile": "arn:aws:iam::111122223333:instance-profile/sql", "acknowledge": "{ scope-redundant: for clarity }",
	},
	"dataset": {
		"location": "s3://acme-ml/churn/", "locations": "[s3://acme-ml/churn/, s3://acme-ml/churn-labels/]", "deny": "[s3://acme-ml/churn/pii/]", "root": "exact",
		"sensitivity": "confidential", "kms_key": "arn:aws:kms:us-east-1:111122223333:key/2b1c5a52-7a2e-4b0c-9a43-5d1f0c8b7e61", "acknowledge": "{ datasets-overlap: a part of it with rules of its own }",
	},
	"role": {
		"description": "Train the churn model", "inherits": "[ml-reader]", "aws": `{ role_arn: "arn:aws:iam::111122223333:role/ml-trainer", region: us-east-1 }`, "workspace": "prod",
		"workspaces": "[prod, dev]", "service_principal": "01234567-89ab-cdef-0123-456789abcdef", "scopes": "[sql:read]", "read": "[churn]", "write": "[churn]", "readwrite": "[churn]",
		"delete": "[churn]", "statements": `[ { actions: [glue:GetTable], resources: ["*"] } ]`, "unrestricted": "true", "tags": `{ cost-center: "4711" }`,
		"instance_profile": "arn:aws:iam::111122223333:instance-profile/ml-trainer", "storage_credential": "{ name: churn }", "service_credential": "{ name: churn-api }",
		"entitlements": "[databricks-sql-access]", "grants": "[ { schema: main.ml, privileges: [USE_SCHEMA, SELECT] } ]", "workspace_groups": "[ml-scientists]",
		"acknowledge": "{ write-without-delete: boto3 alone }",
	},
	"aws": {
		"role_arn": `"arn:aws:iam::111122223333:role/ml-trainer"`, "account_id": `"111122223333"`, "role_name": "MLTrainer", "region": "us-east-1", "duration": "2h", "via": "ml-reader",
		"managed_policies": `["arn:aws:iam::111122223333:policy/ml-tools"]`, "external_id": "churn-4711", "transitive_tags": "[team]", "source_identity": "true",
	},
	"statement": {"actions": "[glue:GetTable, glue:GetDatabase]", "resources": `["arn:aws:glue:us-east-1:111122223333:table/ml/churn"]`},
	"unity_grant": {
		"catalog": "main", "schema": "main.ml", "table": "main.ml.churn", "volume": "main.ml.files", "function": "main.ml.score", "external_location": "churn",
		"storage_credential": "churn", "service_credential": "churn-api", "privileges": "[USE_SCHEMA, SELECT]",
	},
	"storage_credential": {"name": "churn", "external_id": "01234567-89ab-cdef-0123-456789abcdef"},
	"service_credential": {"name": "churn-api", "external_id": "01234567-89ab-cdef-0123-456789abcdef"},
}

// inContext is a map in which a key of an object has a value, and what else that asks for.
func inContext(object, name, value string) string {
	// has makes a flow mapping of pairs: what is meant for the object of the key takes the key's place, or is dropped for it.
	has := func(what string, pairs ...string) string {
		if what != object {
			return "{" + strings.Join(pairs, ", ") + "}"
		}
		without := map[string][]string{
			"location": {"locations"}, "locations": {"location"}, "workspaces": {"workspace"}, "workspace": {"workspaces"}, "readwrite": {"read", "write"}, "unrestricted": {"read", "inherits"},
			"start_url": {"issuer", "client_id", "groups"}, "sso_region": {"issuer", "client_id", "groups"}, "roles": {"issuer", "client_id", "groups"}, "token": {"client_id", "groups"},
		}[name]
		kept := []string{name + ": " + value}
		for _, pair := range pairs {
			key, _, _ := strings.Cut(pair, ":")
			drop := key == name
			for _, other := range without {
				drop = drop || key == other && (object != "identity" || other != name) && (object != "claim_rule" && object != "agent")
			}
			if !drop {
				kept = append(kept, pair)
			}
		}
		return "{" + strings.Join(kept, ", ") + "}"
	}
	if name == "unrestricted" {
		return has("", "version: 1", "identities: {acme: {issuer: https://acme.okta.com, client_id: x, groups: {g: [r]}}}",
			`roles: {r: {unrestricted: `+value+`, aws: {role_arn: "arn:aws:iam::111122223333:role/r", region: us-east-1}}}`)
	}
	const arn = `role_arn: "arn:aws:iam::111122223333:role/ml-trainer"`
	given := has("given_role", "role: ml-reader")
	rule := has("claim_rule", "match: {department: research}", "roles: [ml-reader]")
	identity := []string{"issuer: https://acme.okta.com", "client_id: 0oa1b2c3", "groups: {ml-scientists: [" + given + ", ml-trainer]}"}
	if object == "claim_rule" {
		identity = append(identity, "claims: ["+rule+"]")
	}
	token := []string{"from: github-actions", "audience: sts.amazonaws.com"}
	switch {
	case object == "token" && name != "from" && name != "audience":
		token[0] = "from: " + map[string]string{"path": "file", "name": "env", "argv": "command", "region": "aws"}[name]
		fallthrough
	case object == "token":
		identity = []string{"issuer: https://ci.example", "token: " + has("token", token...), "claims: [{match: {sub: x}, roles: [ml-reader, ml-trainer]}]"}
		if strings.Contains(identity[1], "github-actions") {
			identity = append(identity[1:2], "claims: [{match: {repository: acme/churn}, roles: [ml-reader, ml-trainer]}]")
		}
	case object == "identity" && name == "token":
		identity = append(identity, "claims: [{match: {sub: x}, roles: [ml-reader, ml-trainer]}]")
	case object == "identity" && (name == "start_url" || name == "sso_region" || name == "roles"):
		identity = append(identity, "start_url: https://acme.awsapps.com/start", "sso_region: us-east-1", "roles: [ml-set]")
	}
	workspace := []string{"host: https://dbc-1234.cloud.databricks.com"}
	if object == "workspace" && name == "account_id" {
		workspace = append(workspace, `workspace_id: "7405600000000042"`)
	}
	aws := []string{arn, "region: us-east-1"}
	if object == "aws" && (name == "account_id" || name == "role_name") {
		aws = append(aws, `account_id: "111122223333"`, "role_name: MLTrainer")
	}
	if object == "aws" && (name == "external_id" || name == "transitive_tags" || name == "source_identity") {
		aws = append(aws, "via: ml-reader")
	}
	grant := has("unity_grant", map[bool]string{true: "schema: main.ml", false: "other: x"}[name == "privileges" || object != "unity_grant"], "privileges: [ALL_PRIVILEGES]")
	grant = strings.Replace(grant, "other: x, ", "", 1)
	role := []string{
		"aws: " + has("aws", aws...), "inherits: [ml-reader]", "workspace: prod", "read: [churn]", "tags: {team: churn}", "statements: [" + has("statement", "actions: [glue:GetTable]", `resources: ["*"]`) + "]",
		"grants: [" + grant + "]", "storage_credential: " + has("storage_credential", "name: churn"), "service_credential: " + has("service_credential", "name: churn-api"),
	}
	return has("map", "version: 1", "defaults: "+has("defaults"), "audit: "+has("audit"), "policy: "+has("policy", "restricted: "+has("handling")), "agents: {default: "+has("agent")+"}",
		"identities: {acme: "+has("identity", identity...)+"}",
		"workspaces: {prod: "+has("workspace", workspace...)+", dev: {host: https://dbc-5678.cloud.databricks.com}}",
		"datasets: {features: {location: s3://acme-ml/features/}, churn: "+has("dataset", "location: s3://acme-ml/churn/")+"}",
		"roles: {ml-set: {aws: {account_id: \"111122223333\", role_name: S, region: us-east-1}}, "+
			"ml-reader: {aws: {role_arn: \"arn:aws:iam::111122223333:role/ml-reader\", region: us-east-1}, read: [features]}, ml-trainer: "+has("role", role...)+"}")
}

// Each example of the page is one: a map with it parses.
func TestEveryKeyHasAnExampleThatParses(t *testing.T) {
	t.Parallel()
	for _, o := range objects() {
		for _, k := range o.keys {
			value, ok := examples[o.name][k.name]
			if !ok {
				t.Errorf("%s of %s has no example", k.name, o.name)
				continue
			}
			if value == "" { // its objects have tables of their own
				continue
			}
			text := inContext(o.name, k.name, value)
			if !strings.Contains(text, k.name+": "+value) {
				t.Errorf("%s of %s is not in %s", k.name, o.name, text)
			}
			if _, err := Parse("m", []byte(text)); err != nil {
				t.Errorf("%s of %s: %v\n%s", k.name, o.name, err, text)
			}
		}
		if len(examples[o.name]) != len(o.keys) {
			t.Errorf("%s has %d keys and %d examples", o.name, len(o.keys), len(examples[o.name]))
		}
	}
	m := parsed(t, wholeExample)
	for _, w := range Open(m.Lint(time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC))) {
		t.Errorf("%d: %s", w.Line, w.Message)
	}
}

// kindOfValue is what a value is, for people, and where the table of its keys is.
func (f *form) kindOfValue() string {
	switch {
	case placesOfObjects[f.ref].heading != "":
		heading := placesOfObjects[f.ref].heading
		return "[mapping](#" + strings.ReplaceAll(strings.ToLower(heading), " ", "-") + ")"
	case f == givenForm:
		return "list of names of roles, or of [mappings](#roles-that-are-given-for-a-while)"
	case f.keys != nil && f.keys == nameForm:
		return "mapping, by name: " + f.each.kindOfValue()
	case f.keys != nil:
		return "mapping of texts to " + strings.Replace(f.each.kindOfValue(), "text", "texts", 1)
	case f.each != nil:
		return "list of " + strings.NewReplacer("text", "texts", "name", "names", "[mapping]", "[mappings]").Replace(f.each.kindOfValue())
	case f.words != nil:
		words := f.words()
		if len(words) > 20 {
			return "text"
		}
		return "`" + strings.Join(words, "`, `") + "`"
	case f.ref == "name" || strings.HasSuffix(f.schema.Ref, "/name"):
		return "name"
	case strings.HasSuffix(f.schema.Ref, "/claim_rule"):
		return "[mapping](#rules-on-claims)"
	case f.schema.Type == "boolean":
		return "`true`, `false`"
	case f.schema.Type == "integer" || f.schema.Const != nil:
		return "number"
	case f.schema.Type == "array":
		return "list of " + strings.Replace((&form{schema: *f.schema.Items}).kindOfValue(), "text", "texts", 1)
	case f.schema.AnyOf != nil:
		return "number, in quotes or not"
	}
	return "text"
}

// bounds are what a value is held to besides.
func (f *form) bounds() string {
	var bounds []string
	of := func(least, most int, what string) {
		switch {
		case least > 0 && most > 0:
			bounds = append(bounds, fmt.Sprintf("%d to %d %s", least, most, what))
		case most > 0:
			bounds = append(bounds, fmt.Sprintf("at most %d %s", most, what))
		case least > 1:
			bounds = append(bounds, fmt.Sprintf("at least %d %s", least, what))
		}
	}
	of(f.schema.MinItems, f.schema.MaxItems, "items")
	of(f.schema.MinProperties, f.schema.MaxProperties, "entries")
	if f.schema.Maximum > 0 {
		bounds = append(bounds, fmt.Sprintf("%d to %d", f.schema.Minimum, f.schema.Maximum))
	}
	for _, one := range f.schema.AnyOf {
		if one.Maximum > 0 {
			bounds = append(bounds, fmt.Sprintf("%d to %d", one.Minimum, one.Maximum))
		}
	}
	text := f
	for text.each != nil {
		text = text.each
	}
	if wrong, ok := strings.CutPrefix(text.wrong, "is not "); ok && text != nameForm {
		if wrong, _, _ = strings.Cut(wrong, ", as in "); strings.Count(wrong, " ") > 1 { // more than what the key says
			bounds = append(bounds, wrong)
		}
	}
	if text.longest > 0 && !strings.Contains(text.wrong, fmt.Sprint(text.longest)) {
		bounds = append(bounds, fmt.Sprintf("at most %d characters", text.longest))
	}
	return strings.Join(bounds, "; ")
}

func TestTheDocsListEveryKeyOfTheMap(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString(headOfReference)
	b.WriteString("\n```yaml\n" + wholeExample + "```\n")
	cell := func(s string) string { return strings.ReplaceAll(strings.ReplaceAll(s, "|", `\|`), "\n", " ") }
	for _, o := range objects() {
		where := placesOfObjects[o.name]
		fmt.Fprintf(&b, "\n## %s\n\n", where.heading)
		if where.at != "" {
			fmt.Fprintf(&b, "`%s`. ", where.at)
		}
		if o.about != "" {
			fmt.Fprintf(&b, "%s\n\n", o.about)
		}
		b.WriteString("| key | type | default, bounds | meaning | example |\n|---|---|---|---|---|\n")
		for _, k := range o.keys {
			about, limits := k.about, k.form.bounds()
			for _, other := range objects() {
				if about == "" && other.name == k.form.ref {
					about = other.about
				}
			}
			switch {
			case k.required:
				limits = strings.TrimSuffix("**required**; "+limits, "; ")
			case k.form.schema.Default != nil:
				limits = strings.TrimSuffix(fmt.Sprintf("`%v`; %s", k.form.schema.Default, limits), "; ")
			}
			example := "[above](#the-access-map-every-key)"
			if value := examples[o.name][k.name]; value != "" {
				example = "`" + k.name + ": " + value + "`"
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", k.name, cell(k.form.kindOfValue()), cell(limits), cell(about), cell(example))
		}
	}
	path := filepath.Join("..", "..", "docs", "map.md")
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if have, err := os.ReadFile(path); err != nil || string(have) != b.String() {
		t.Errorf("%s is stale (%v): make generate", path, err)
	}
}

const headOfReference = `# The access map: every key

One YAML file of the organisation's, reviewed like code, that says who may take which roles and what each role may do. ` + "`dbxaccess map new`" + `
begins one, ` + "`dbxaccess map check`" + ` finds what is wrong with it, with line and column, and ` + "`dbxaccess map schema > access-map.schema.json`" + ` lets
editors complete it, by the first line of the map below. This page is made of the tables that the program reads maps by, as the schema is.

- Unknown and repeated keys, aliases, anchors, tags and a second document are errors. A map has at most 8 MiB.
- A *name* is 1 to 63 of a-z, 0-9, dot, underscore and hyphen, and begins with a letter or digit. A *text* has at most 1,000 characters, no line break and
  no control character. What YAML takes for a number, a date or a truth is put in quotes where a text is meant.
- In groups and values of claims, ` + "`*` and `?` stop at a slash, `**`" + ` does not, and a backslash takes the meaning from the one behind it.
- All keys are of version 1 of the language. What a program does not know it refuses, and does not ignore.
- There are no secrets in it: ` + "`client_secret`" + ` is for the one that Google gives to installed apps, and is public by design.
- ` + "`minisign -S -m access-map.yaml`" + ` signs it. Publish ` + "`access-map.yaml.minisig`" + ` beside it, and hand out the key by another way: who says
  ` + "`--signed-by KEY`" + ` once takes no version that the key has not signed.

What the keys come to: [datasets and roles](access-map-datasets.md), [grants that end, rules by sensitivity, agents](access-map-grants.md), [identity providers](providers/README.md),
[what has to stand at AWS and Databricks](iam.md). What may be asked of a map: [access-map.md](access-map.md). What is legal and rarely meant: [lints.md](lints.md).
`
