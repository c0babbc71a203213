package rendered

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
	"golang.org/x/text/unicode/norm"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/desired"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/render"
	"github.com/dbxaccess/dbxaccess/internal/iam"
)

func TestTerraformMeansTheState(t *testing.T) {
	t.Parallel()
	for _, text := range hostile() {
		for _, accounts := range []int{1, 2} {
			s := state(text, accounts)
			read(t, s, render.Terraform(s)).means(t, s)
		}
	}
}

// The example of the docs, by way of what has to stand for it: two accounts, an issuer that many share, a role without a policy.
func TestTerraformOfTheExample(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/access-map.yaml")
	if err != nil {
		t.Fatal(err)
	}
	access, err := accessmap.Parse("access-map.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	s, err := desired.Of(access, nil, desired.Options{Now: time.Date(2026, time.November, 30, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Roles) != 7 || len(s.Providers) != 3 {
		t.Fatalf("%d roles and %d providers", len(s.Roles), len(s.Providers))
	}
	read(t, s, render.Terraform(s)).means(t, s)
}

func FuzzTerraform(f *testing.F) {
	for _, text := range hostile() {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		// Terraform knows text as NFC alone, and no bytes that are no characters.
		text = norm.NFC.String(strings.ToValidUTF8(text, ""))
		s := state(text, 2)
		read(t, s, render.Terraform(s)).means(t, s)
	})
}

// module is what Terraform reads: the blocks by type and labels, their attributes evaluated, references followed as AWS
// would answer them.
type module struct {
	blocks  map[string]*hclsyntax.Block
	context *hcl.EvalContext
}

func read(t *testing.T, s *desired.State, text string) *module {
	t.Helper()
	plain := strings.IndexFunc(text, func(r rune) bool { return r > unicode.MaxASCII }) < 0 // what a sign is as wide as is not agreed on
	if formatted := string(hclwrite.Format([]byte(text))); plain && formatted != text {
		t.Errorf("not as terraform fmt writes it:\n%s", cmp.Diff(text, formatted))
	}
	file, diagnostics := hclsyntax.ParseConfig([]byte(text), "main.tf", hcl.InitialPos)
	if diagnostics.HasErrors() {
		t.Fatalf("%v\n%s", diagnostics, text)
	}
	body := file.Body.(*hclsyntax.Body) //nolint:forcetypeassert // it is one
	m := &module{blocks: make(map[string]*hclsyntax.Block), context: &hcl.EvalContext{Functions: map[string]function.Function{
		"jsonencode": stdlib.JSONEncodeFunc, "tonumber": stdlib.MakeToFunc(cty.Number),
	}}}
	for _, b := range body.Blocks {
		name := strings.Join(append([]string{b.Type}, b.Labels...), ".")
		if m.blocks[name] != nil {
			t.Fatalf("%s is there twice", name)
		}
		m.blocks[name] = b
	}
	if len(body.Attributes) > 0 {
		t.Fatalf("attributes outside of blocks: %v", body.Attributes)
	}
	m.context.Variables = m.answers(t, s)
	return m
}

// answers are what references find: ARNs as AWS makes them of names and paths, in the account of the resource's provider.
func (m *module) answers(t *testing.T, s *desired.State) map[string]cty.Value {
	t.Helper()
	kinds := make(map[string]map[string]cty.Value)
	for _, b := range m.blocks {
		if b.Type != "resource" {
			continue
		}
		account := render.Accounts(s)[0]
		if a := b.Body.Attributes["provider"]; a != nil {
			_, account, _ = strings.Cut(a.Expr.Variables()[0][1].(hcl.TraverseAttr).Name, "account_") //nolint:forcetypeassert // it is one
		}
		path, base := "/", ""
		if v, ok := m.literal(b, "path"); ok {
			path = v
		}
		base, _ = m.literal(b, "name")
		var arn string
		switch b.Labels[0] {
		case "aws_iam_role":
			arn = "arn:aws:iam::" + account + ":role" + path + base
		case "aws_iam_instance_profile":
			arn = "arn:aws:iam::" + account + ":instance-profile" + path + base
		case "aws_iam_policy":
			arn = "arn:aws:iam::" + account + ":policy" + path + base
		case "aws_iam_openid_connect_provider":
			url, _ := m.literal(b, "url")
			arn = "arn:aws:iam::" + account + ":oidc-provider/" + strings.TrimPrefix(url, "https://")
		default:
			continue
		}
		if kinds[b.Labels[0]] == nil {
			kinds[b.Labels[0]] = make(map[string]cty.Value)
		}
		kinds[b.Labels[0]][b.Labels[1]] = cty.ObjectVal(map[string]cty.Value{"arn": cty.StringVal(arn), "name": cty.StringVal(base)})
	}
	found := make(map[string]cty.Value)
	for kind, those := range kinds {
		found[kind] = cty.ObjectVal(those)
	}
	principals := make(map[string]cty.Value)
	for name, b := range m.blocks {
		if strings.HasPrefix(name, "data.databricks_service_principal.") {
			principals[b.Labels[1]] = cty.ObjectVal(map[string]cty.Value{"id": cty.StringVal("4711")})
		}
	}
	found["data"] = cty.ObjectVal(map[string]cty.Value{"databricks_service_principal": cty.ObjectVal(principals)})
	return found
}

// literal is an attribute that needs no reference.
func (m *module) literal(b *hclsyntax.Block, name string) (string, bool) {
	a := b.Body.Attributes[name]
	if a == nil {
		return "", false
	}
	v, diagnostics := a.Expr.Value(nil)
	return v.AsString(), !diagnostics.HasErrors()
}

// value evaluates an attribute.
func (m *module) value(t *testing.T, block, attribute string) cty.Value {
	t.Helper()
	b := m.blocks[block]
	if b == nil || b.Body.Attributes[attribute] == nil {
		t.Fatalf("%s has no %s; there are %v", block, attribute, slices.Sorted(maps.Keys(m.blocks)))
	}
	v, diagnostics := b.Body.Attributes[attribute].Expr.Value(m.context)
	if diagnostics.HasErrors() {
		t.Fatal(diagnostics)
	}
	return v
}

// the is the one block of a type that has a value of an attribute.
func (m *module) the(t *testing.T, kind, attribute, value string) string {
	t.Helper()
	var found []string
	for name, b := range m.blocks {
		if strings.HasPrefix(name, kind+".") && b.Body.Attributes[attribute] != nil && m.value(t, name, attribute).AsString() == value {
			found = append(found, name)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d of %s have %s %q", len(found), kind, attribute, value)
	}
	return found[0]
}

// named is the label of the resource of a type that AWS would give an ARN.
func (m *module) named(t *testing.T, kind, arn string) string {
	t.Helper()
	for name, answers := range m.context.Variables[kind].AsValueMap() {
		if answers.GetAttr("arn").AsString() == arn {
			return name
		}
	}
	t.Fatalf("no %s is %s", kind, arn)
	return ""
}

// means compares all of it with the State. What a State has by name is found by name, never by an address.
func (m *module) means(t *testing.T, s *desired.State) {
	t.Helper()
	if roles := m.context.Variables["aws_iam_role"].LengthInt(); roles != len(s.Roles) {
		t.Fatalf("%d roles, want %d", roles, len(s.Roles))
	}
	for _, r := range s.Roles {
		name := m.named(t, "aws_iam_role", r.ARN)
		block := "resource.aws_iam_role." + name
		same(t, m.value(t, block, "assume_role_policy"), r.Trust)
		if seconds, _ := m.value(t, block, "max_session_duration").AsBigFloat().Float64(); seconds != r.MaxSession.Seconds() {
			t.Errorf("%s: %v", r.ARN, seconds)
		}
		for i, document := range r.Permissions {
			policy := "resource.aws_iam_role_policy." + name + []string{"", "-2"}[i]
			same(t, m.value(t, policy, "policy"), document)
			if role := m.value(t, policy, "role").AsString(); !strings.HasSuffix(r.ARN, "/"+role) {
				t.Errorf("a policy of %s is in %s", r.ARN, role)
			}
		}
		for _, managed := range r.Managed {
			m.the(t, "resource.aws_iam_role_policy_attachment", "policy_arn", managed)
		}
	}
	for _, p := range s.Providers {
		if !strings.HasPrefix(p.ARN, "arn:") { // AWS's own
			continue
		}
		block := "resource.aws_iam_openid_connect_provider." + m.named(t, "aws_iam_openid_connect_provider", p.ARN)
		if got := words(m.value(t, block, "client_id_list")); !slices.Equal(got, p.Audiences) {
			t.Errorf("audiences %q, want %q", got, p.Audiences)
		}
	}
	for _, k := range s.Keys {
		m.handsOut(t, "key_policies", k.ARN, iam.Policy(k.Statements...))
	}
	for _, b := range s.Buckets {
		m.handsOut(t, "bucket_policies", b.Name, iam.Policy(b.Statements...))
		m.handsOut(t, "bucket_policies_across_accounts", b.Name, iam.Policy(b.Across...))
	}
	for _, set := range s.PermissionSets {
		for i, document := range set.Permissions {
			m.handsOut(t, "permission_set_policies", set.AccountID+"/"+set.Name+[]string{"", "-2"}[i], document)
		}
	}
	if len(s.Databricks.PassRoles) > 0 {
		m.databricks(t, s)
	}
}

// handsOut reports whether an output has a document by a name; one without statements, it has not.
func (m *module) handsOut(t *testing.T, output, name string, want iam.Document) {
	t.Helper()
	if len(want.Statement) > 0 {
		same(t, m.value(t, "output."+output, "value").AsValueMap()[name], want)
	}
}

func (m *module) databricks(t *testing.T, s *desired.State) {
	t.Helper()
	pass := m.the(t, "resource.aws_iam_role_policy", "role", "databricks")
	same(t, m.value(t, pass, "policy"), iam.Policy(s.Databricks.PassRoles[0].Statement))
	m.the(t, "resource.databricks_instance_profile", "instance_profile_arn", profile)
	credential := m.blocks[m.the(t, "resource.databricks_storage_credential", "name", s.Databricks.StorageCredentials[0].Name)].Body.Blocks[0]
	if v, _ := credential.Body.Attributes["role_arn"].Expr.Value(m.context); credential.Type != "aws_iam_role" || v.AsString() != trainer {
		t.Errorf("%s %v", credential.Type, v)
	}
	of := func(kind string) map[string]cty.Value {
		for name := range m.blocks {
			if strings.HasPrefix(name, "resource."+kind+".") {
				return m.value(t, name, "oidc_policy").AsValueMap()
			}
		}
		t.Fatalf("no %s", kind)
		return nil
	}
	for i, kind := range []string{"databricks_account_federation_policy", "databricks_service_principal_federation_policy"} {
		got, want := of(kind), s.Databricks.Federation[i]
		subject, given := got["subject"]
		if got["issuer"].AsString() != want.Issuer || !slices.Equal(words(got["audiences"]), want.Audiences) || got["subject_claim"].AsString() != want.SubjectClaim ||
			given != (want.ServicePrincipal != "") || given && subject.AsString() != want.Subject {
			t.Errorf("%#v, want %+v", got, want)
		}
	}
}

func words(v cty.Value) []string {
	var found []string
	for _, one := range v.AsValueSlice() {
		found = append(found, one.AsString())
	}
	return found
}

// same compares a policy's text with a document, by meaning: a control character that a terminal must not see is in both.
func same(t *testing.T, got cty.Value, want iam.Document) {
	t.Helper()
	var read, wanted any
	if err := json.Unmarshal([]byte(got.AsString()), &read); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(want.JSON()), &wanted); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wanted, read); diff != "" {
		t.Error(diff)
	}
}
