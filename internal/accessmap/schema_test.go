package accessmap

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/dbxaccess/dbxaccess/internal/idp"
)

var update = flag.Bool("update", false, "write testdata/schema.json and docs/lints.md")

// What editors are told changes with the tables, and a reviewer should see how.
func TestTheSchemaIsTheOneInTestdata(t *testing.T) {
	t.Parallel()
	if *update {
		if err := os.WriteFile("testdata/schema.json", Schema(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(testdata(t, "schema.json"), Schema()) {
		t.Error("testdata/schema.json is stale: make generate, and read the difference")
	}
}

// object is the part of a JSON Schema that the parser's tables are held against.
type schemaObject struct {
	AdditionalProperties any
	Required             []string
	Properties           map[string]struct {
		Description string
		Ref         string `json:"$ref"`
		Enum        []string
	}
	Description string
	Pattern     string
}

func readSchema(t *testing.T) (root schemaObject, defs map[string]schemaObject) {
	t.Helper()
	var whole struct {
		Schema string                  `json:"$schema"`
		Defs   map[string]schemaObject `json:"$defs"`
	}
	for _, into := range []any{&whole, &root} {
		if err := json.Unmarshal(Schema(), into); err != nil {
			t.Fatal(err)
		}
	}
	if whole.Schema != "https://json-schema.org/draft/2020-12/schema" {
		t.Errorf("not draft 2020-12: %s", whole.Schema)
	}
	return root, whole.Defs
}

func sameKeys[T any](t *testing.T, what string, object schemaObject, fields []field[T], defs map[string]schemaObject) {
	t.Helper()
	var known, needed, described, missed []string
	for _, f := range fields {
		known = append(known, f.key)
		if f.required {
			needed = append(needed, f.key)
		}
	}
	for key, property := range object.Properties {
		described = append(described, key)
		if property.Description == "" && defs[strings.TrimPrefix(property.Ref, "#/$defs/")].Description == "" {
			missed = append(missed, key)
		}
	}
	slices.Sort(known)
	slices.Sort(described)
	slices.Sort(needed)
	slices.Sort(object.Required)
	if diff := cmp.Diff(known, described); diff != "" {
		t.Errorf("%s, parser and schema: %s", what, diff)
	}
	if diff := cmp.Diff(needed, object.Required); diff != "" {
		t.Errorf("%s, required keys: %s", what, diff)
	}
	if len(missed) > 0 {
		t.Errorf("%s: no description of %v", what, missed)
	}
	if object.AdditionalProperties != false {
		t.Errorf("%s: the schema lets unknown keys pass", what)
	}
}

func TestSchemaAndParserKnowTheSameKeys(t *testing.T) {
	t.Parallel()
	root, defs := readSchema(t)
	sameKeys(t, "map", root, mapFields, defs)
	sameKeys(t, "identity", defs["identity"], identityFields, defs)
	sameKeys(t, "workspace", defs["workspace"], workspaceFields, defs)
	sameKeys(t, "dataset", defs["dataset"], datasetFields, defs)
	sameKeys(t, "role", defs["role"], roleFields, defs)
	sameKeys(t, "aws", defs["aws"], awsFields, defs)
	sameKeys(t, "statement", defs["statement"], statementFields, defs)
	sameKeys(t, "token", defs["token"], tokenFields, defs)
	sameKeys(t, "rule on claims", defs["claim_rule"], claimRuleFields, defs)
	if defs["name"].Pattern != nameForm.pattern {
		t.Errorf("names: %s, parser %s", defs["name"].Pattern, nameForm.pattern)
	}
	for what, c := range map[string]struct{ schema, parser []string }{
		"flow": {defs["identity"].Properties["flow"].Enum, []string{FlowAuto, FlowDevice, FlowBrowser}},
		"kind": {defs["identity"].Properties["kind"].Enum,
			idp.Kinds()},
		"from":        {defs["token"].Properties["from"].Enum, idp.TokenSources()},
		"login":       {defs["workspace"].Properties["login"].Enum, []string{string(LoginFederation), string(LoginBrowser)}},
		"sensitivity": {defs["dataset"].Properties["sensitivity"].Enum, []string{Public, Internal, Confidential, Restricted}},
	} {
		if diff := cmp.Diff(c.parser, c.schema); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
	}
}

// compiledSchema is compiled once: it takes longer than a test.
var compiledSchema = sync.OnceValues(func() (*jsonschema.Schema, error) {
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		return nil, err
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("schema.json", document); err != nil {
		return nil, err
	}
	return compiler.Compile("schema.json")
})

// validator judges by the schema alone.
func validator(t *testing.T) func(text string) error {
	t.Helper()
	compiled, err := compiledSchema()
	if err != nil {
		t.Fatal(err)
	}
	return func(text string) error {
		var value any
		if err := yaml.Unmarshal([]byte(text), &value); err != nil {
			t.Fatal(err)
		}
		// YAML and JSON have other Go types for the same.
		encoded, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		asJSON, err := jsonschema.UnmarshalJSON(bytes.NewReader(encoded))
		if err != nil {
			t.Fatal(err)
		}
		return compiled.Validate(asJSON)
	}
}

// Editors must not accept a parameter that the parser refuses.
func TestTheSchemaKnowsTheReservedParameters(t *testing.T) {
	t.Parallel()
	var schema struct {
		Defs struct {
			Identity struct {
				Properties struct {
					Parameters struct {
						PropertyNames struct{ Not struct{ Enum []string } }
					}
				}
			}
		} `json:"$defs"`
	}
	if err := json.Unmarshal(Schema(), &schema); err != nil {
		t.Fatal(err)
	}
	want := reservedParameters
	if diff := cmp.Diff(want, schema.Defs.Identity.Properties.Parameters.PropertyNames.Not.Enum); diff != "" {
		t.Error(diff)
	}
}

func TestTheSchemaJudgesLikeTheParser(t *testing.T) {
	t.Parallel()
	validate := validator(t)
	example := string(acme(t))
	if err := validate(example); err != nil {
		t.Error(err)
	}
	for old, bad := range map[string]string{
		"version: 1":           "version: 2",
		"contact:":             "contacts:",
		"client_id: 0oa1b2c3":  "client_id: 42",
		"https://acme.okta":    "http://acme.okta",
		"flow: auto":           "flow: quick",
		"login: federation":    "login: password",
		"churn/\n":             "churn\n",
		"sensitivity: conf":    "sensitivity: very-conf",
		"key/2b1c5a52":         "alias/2b1c5a52",
		"  ml-reader:":         "  ML-Reader:",
		"region: us-east-1":    "region: here",
		"duration: 2h":         "duration: 7200",
		"read: [features]":     "read: features",
		"write: [churn]":       "write: [churn, churn]",
		"role_arn: \"arn:aws:": "role_arn: \"",
		"    issuer:":          "    issuers:",
		"\"4711\"":             "4711",
	} {
		text := strings.Replace(example, old, bad, 1)
		if text == example {
			t.Errorf("%q is not in the example", old)
		}
		if validate(text) == nil {
			t.Errorf("the schema accepts %q", bad)
		}
		if _, err := Parse("m", []byte(text)); err == nil {
			t.Errorf("the parser accepts %q", bad)
		}
	}
}

// judges returns a function that has the parser and the schema judge the same map.
func judges(t *testing.T) func(text string, right bool) {
	t.Helper()
	validate := validator(t)
	return func(text string, right bool) {
		t.Helper()
		_, parse := Parse("m", []byte(text))
		if schema := validate(text); (schema == nil) != right || (parse == nil) != right {
			t.Errorf("%s\nright: %v, parser: %v, schema: %v", text, right, parse, schema)
		}
	}
}

func TestTheSchemaKnowsTheSortsOfIdentity(t *testing.T) {
	t.Parallel()
	agree := judges(t)
	agree(sorts(t), true)
	for base, c := range map[string]struct{ may, needs string }{
		onePerson: {"kind issuer client_id client_secret flow redirect_port scopes audience parameters device_authorization_endpoint " +
			"verification_hosts groups_claim groups_from groups signed_tags claims acknowledge", "issuer client_id groups"},
		oneCenter:   {"start_url sso_region roles flow redirect_port acknowledge", "start_url sso_region roles"},
		oneWorkload: {"token issuer claims groups groups_claim acknowledge", "token issuer claims"},
	} {
		agree(identityOf(base), true)
		for _, f := range identityFields {
			if !strings.Contains(", "+base, ", "+f.key+":") {
				agree(identityOf(base+", "+f.key+": "+values[f.key]), slices.Contains(strings.Fields(c.may), f.key))
			}
		}
		for _, key := range strings.Fields(c.needs) {
			agree(strings.Replace(identityOf(base), key+":", "flow:", 1), false)
		}
	}
	agree(identityOf("issuer: https://i.example, client_id: x, claims: [{match: {sub: s}, roles: [r]}]"), true)
	agree(identityOf("token: {from: github-actions, audience: a}, claims: []"), true)
}

func TestTheSchemaKnowsTheSourcesOfTokens(t *testing.T) {
	t.Parallel()
	agree := judges(t)
	keys := map[string]string{"path": "/x/y", "name": "T", "argv": "[vault, -f, -f]", "region": "us-east-1"}
	for from, needs := range map[string]string{idp.FromGitHub: "", idp.FromFile: "path", idp.FromEnv: "name", idp.FromCommand: "argv", idp.FromAWS: "region"} {
		token := "token: {audience: a, from: " + from
		const rest = "}, issuer: https://i.example, claims: []"
		agree(identityOf(token+rest), needs == "")
		if needs != "" {
			token += ", " + needs + ": " + keys[needs]
			agree(identityOf(token+rest), true)
		}
		for key, value := range keys {
			if key != needs {
				agree(identityOf(token+", "+key+": "+value+rest), false)
			}
		}
	}
}

func TestTheSchemaKnowsTheWaysToARole(t *testing.T) {
	t.Parallel()
	agree := judges(t)
	const (
		arn = `role_arn: "arn:aws:iam::111122223333:role/q", `
		set = `account_id: "111122223333", role_name: Q, `
	)
	for aws, right := range map[string]bool{
		arn: true, set: true, arn + set: true, "": false, `account_id: "111122223333", `: false, "role_name: Q, ": false,
		arn + "via: r, ": true, set + "via: r, ": false, "via: r, ": false, arn + set + "via: r, ": false,
		arn + "external_id: x1, ": false, arn + "via: r, external_id: x1, ": true, arn + set + "external_id: x1, ": true,
		set + "external_id: x1, ": false, arn + "source_identity: true, ": false, arn + "via: r, source_identity: true, ": true,
		arn + "via: r, source_identity: 1, ": false, arn + "transitive_tags: [a], ": false, arn + "via: r, transitive_tags: [a], ": true,
		arn + "via: r, external_id: x, ": false, set + "source_identity: false, ": false,
	} {
		agree(start+"  q: {tags: {a: b}, aws: {"+aws+"region: us-east-1}}\n", right)
	}
}
