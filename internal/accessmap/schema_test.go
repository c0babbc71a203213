package accessmap

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

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
	if defs["name"].Pattern != namePattern {
		t.Errorf("names: %s, parser %s", defs["name"].Pattern, namePattern)
	}
	for what, c := range map[string]struct{ schema, parser []string }{
		"flow":        {defs["identity"].Properties["flow"].Enum, []string{FlowAuto, FlowDevice, FlowBrowser}},
		"login":       {defs["workspace"].Properties["login"].Enum, []string{LoginFederation, LoginBrowser}},
		"sensitivity": {defs["dataset"].Properties["sensitivity"].Enum, []string{Public, Internal, Confidential, Restricted}},
	} {
		if diff := cmp.Diff(c.parser, c.schema); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
	}
}

func TestTheSchemaJudgesLikeTheParser(t *testing.T) {
	t.Parallel()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("schema.json", document); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	example := string(acme(t))
	validate := func(text string) error {
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
