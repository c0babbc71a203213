package accessmap

import (
	"bytes"
	"encoding/json"
)

// schema is the part of JSON Schema (draft 2020-12) that the map needs.
type schema struct {
	Dialect     string `json:"$schema,omitempty"`
	Title       string `json:"title,omitempty"`
	Description string `json:"description,omitempty"`
	Ref         string `json:"$ref,omitempty"`
	Type        string `json:"type,omitempty"`

	Const     any      `json:"const,omitempty"`
	Enum      []string `json:"enum,omitempty"`
	Default   any      `json:"default,omitempty"`
	Pattern   string   `json:"pattern,omitempty"`
	MinLength int      `json:"minLength,omitempty"`
	MaxLength int      `json:"maxLength,omitempty"`
	Minimum   int      `json:"minimum,omitempty"`
	Maximum   int      `json:"maximum,omitempty"`

	MinItems    int      `json:"minItems,omitempty"`
	MaxItems    int      `json:"maxItems,omitempty"`
	UniqueItems bool     `json:"uniqueItems,omitempty"`
	PrefixItems []schema `json:"prefixItems,omitempty"`
	Items       *schema  `json:"items,omitempty"`

	MinProperties        int                 `json:"minProperties,omitempty"`
	MaxProperties        int                 `json:"maxProperties,omitempty"`
	PropertyNames        *schema             `json:"propertyNames,omitempty"`
	AdditionalProperties any                 `json:"additionalProperties,omitempty"` // a schema, or false
	Required             []string            `json:"required,omitempty"`
	Properties           members             `json:"properties,omitempty"`
	DependentRequired    map[string][]string `json:"dependentRequired,omitempty"`

	Not   *schema  `json:"not,omitempty"`
	If    *schema  `json:"if,omitempty"`
	Then  *schema  `json:"then,omitempty"`
	AllOf []schema `json:"allOf,omitempty"`
	AnyOf []schema `json:"anyOf,omitempty"`
	OneOf []schema `json:"oneOf,omitempty"`

	Defs members `json:"$defs,omitempty"`
}

// members are those of an object, in the order of the tables.
type members []member

type member struct {
	key string
	is  any // a schema, or false
}

// MarshalJSON writes the object.
func (m members) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	for i, one := range m {
		key, _ := json.Marshal(one.key)
		is, err := json.Marshal(one.is)
		if err != nil {
			return nil, err
		}
		b.WriteByte("{,"[min(i, 1)])
		b.Write(key)
		b.WriteByte(':')
		b.Write(is)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// without forbids these keys.
func without(keys ...string) members {
	var m members
	for _, key := range keys {
		m = append(m, member{key, false})
	}
	return m
}

// defs is where the schema keeps its definitions.
const defs = "#/$defs/"

// Schema is the JSON Schema (draft 2020-12) of the access map, for editors, made of the tables that Parse reads by.
// Parse checks more than a schema can say.
func Schema() []byte {
	whole := objectOf("Who may take which roles, and what each role may do with which datasets.", mapFields)
	whole.Dialect, whole.Title = "https://json-schema.org/draft/2020-12/schema", "dbxaccess access map"
	whole.Defs = members{
		{"uuid", uuidForm.inFull()},
		{"name", nameForm.inFull()},
		{"names", namesForm.inFull()},
		{"given", givenForm.inFull()},
		{"given_role", objectOf(aboutGiven, givenFields)},
		{"address", schema{Type: "string", Pattern: addressPattern + "$"}},
		{"account", accountForm.inFull()},
		{"region", regionForm.inFull()},
		{"scopes", scopesForm.inFull()},
		{"audience", audienceForm.inFull()},
		{"rule", ruleForm.inFull()},
		{"acknowledge", acknowledgeForm.inFull()},
		{"defaults", objectOf(aboutDefaults, defaultsFields)},
		{"audit", objectOf(aboutAudit, auditFields)},
		{"policy", objectOf(aboutPolicy, policyFields)},
		{"proofs", proofsForm.inFull()},
		{"handling", objectOf(aboutHandling, handlingFields)},
		{"agent", objectOf(aboutAgent, agentFields)},
		{"identity", identitySchema()},
		{"claim_rule", objectOf(aboutClaimRule, claimRuleFields)},
		{"token", tokenSchema()},
		{"workspace", objectOf(aboutWorkspace, workspaceFields)},
		{"dataset", datasetSchema()},
		{"storage_credential", objectOf(aboutStorageCredential, unityCredentialFields)},
		{"service_credential", objectOf(aboutServiceCredential, unityCredentialFields)},
		{"unity_grant", unitySchema()},
		{"statement", objectOf(aboutStatement, statementFields)},
		{"role", roleSchema()},
		{"aws", awsSchema()},
	}
	text, _ := json.MarshalIndent(whole, "", "  ") // never fails: there is nothing but text, numbers and false in it
	return append(text, '\n')
}

// objectOf is an object with these keys and no others.
func objectOf[T any](about string, fields []field[T]) schema {
	s := schema{Description: about, Type: "object", AdditionalProperties: false}
	for _, f := range fields {
		is := f.form.named()
		is.Description = f.about
		s.Properties = append(s.Properties, member{f.key, is})
		if f.required {
			s.Required = append(s.Required, f.key)
		}
	}
	return s
}

// only is what hold checks.
func only[T any](fields []field[T], form variant) schema {
	s := schema{Required: form.needs}
	for _, f := range fields {
		if !f.required && !form.has(f.key) {
			s.Properties = append(s.Properties, member{f.key, false})
		}
	}
	return s
}

// named refers to the definition of a form that has one.
func (f *form) named() schema {
	if f.ref != "" {
		return schema{Ref: defs + f.ref}
	}
	return f.inFull()
}

func (f *form) inFull() schema {
	s := f.schema
	switch {
	case f.keys != nil:
		keys, each := f.keys.named(), f.each.named()
		s.Type, s.PropertyNames, s.AdditionalProperties = "object", &keys, each
	case f.each != nil:
		each := f.each.named()
		s.Type, s.UniqueItems, s.Items = "array", true, &each
	case f.words != nil:
		s.Enum = f.words()
	case f.pattern != "" || f.check != nil:
		s.Type, s.MaxLength = "string", max(s.MaxLength, f.longest)
		if f.pattern != "" {
			s.Pattern = f.pattern
		}
	}
	return s
}
