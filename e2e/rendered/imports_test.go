package rendered

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/google/go-cmp/cmp"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/render"
	"github.com/dbxaccess/dbxaccess/internal/iam"
)

// Who has a resource already takes the signs of comment away. What is read then names a resource that is there, by what its provider knows it by:
// https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/iam_role_policy#import and its neighbours
func TestWhatStandsCanBeImported(t *testing.T) {
	t.Parallel()
	for _, text := range append(hostile(), "ml") {
		s := state(text, 1)
		written := render.Terraform(s)
		blocks, ids := read(t, s, written).blocks, make(map[string][]string)
		for to, id := range imports(t, written) {
			address, module := strings.CutPrefix(to, "module.dbxaccess.")
			if blocks["resource."+address] == nil || !module {
				t.Errorf("%q: there is no %s", text, to)
			}
			kind, _, _ := strings.Cut(address, ".")
			ids[kind] = append(ids[kind], id)
		}
		for kind := range ids {
			slices.Sort(ids[kind])
		}
		if diff := cmp.Diff(map[string][]string{
			"aws_iam_openid_connect_provider": {provider},
			"aws_iam_role":                    {"data-steward", "trainer"},
			"aws_iam_role_policy":             {"databricks:dbxaccess-pass-role", "trainer:dbxaccess", "trainer:dbxaccess-2"},
			"aws_iam_role_policy_attachment":  {"data-steward/arn:aws:iam::aws:policy/ReadOnlyAccess"},
			"aws_iam_instance_profile":        {"trainer"},
			"databricks_instance_profile":     {profile},
			"databricks_storage_credential":   {text},
		}, ids); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
}

// Where there is one account and nothing of Databricks, the text may be the root, which alone may have such blocks.
func TestImportsOfARoot(t *testing.T) {
	t.Parallel()
	s := state("ml", 1)
	s.Databricks.StorageCredentials, s.Databricks.Federation, s.Databricks.PassRoles = nil, nil, nil
	for to := range imports(t, render.Terraform(s)) {
		if strings.HasPrefix(to, "module.") {
			t.Error(to)
		}
	}
}

// What an imported resource has and the text does not, Terraform takes off, unless it is told to leave it: its provider works out none of these by itself.
// https://developer.hashicorp.com/terraform/language/meta-arguments/lifecycle#ignore_changes
func TestWhatTheMapSaysNothingOfIsLeft(t *testing.T) {
	t.Parallel()
	s := state("ml", 1)
	s.Roles[1].Permissions[0].Statement[0].Resource = iam.Words{"arn:aws:s3:::" + strings.Repeat("x", 10_000)} // so that it stands beside the role
	left := make(map[string][]string)
	for name, block := range read(t, s, render.Terraform(s)).blocks {
		kind, _, _ := strings.Cut(strings.TrimPrefix(name, "resource."), ".")
		for _, inner := range block.Body.Blocks {
			if inner.Type != "lifecycle" || inner.Body.Attributes["ignore_changes"] == nil {
				continue
			}
			names, diagnostics := hcl.ExprList(inner.Body.Attributes["ignore_changes"].Expr)
			if diagnostics.HasErrors() {
				t.Fatal(diagnostics)
			}
			left[kind] = nil
			for _, one := range names {
				left[kind] = append(left[kind], hcl.ExprAsKeyword(one))
			}
		}
		if strings.HasPrefix(name, "resource.aws_iam_") && left[kind] == nil && !strings.Contains(kind, "role_policy") {
			t.Errorf("%s: an import would take off what it has", name)
		}
	}
	if diff := cmp.Diff(map[string][]string{
		"aws_iam_openid_connect_provider": {"tags", "tags_all"},
		"aws_iam_role":                    {"permissions_boundary", "description", "tags", "tags_all"},
		"aws_iam_policy":                  {"description", "tags", "tags_all"},
		"aws_iam_instance_profile":        {"tags", "tags_all"},
	}, left); diff != "" {
		t.Error(diff)
	}
}

// imports are the addresses and IDs of import blocks in comments.
func imports(t *testing.T, text string) map[string]string {
	t.Helper()
	found := make(map[string]string)
	parts := strings.Split(text, "\n# import {\n")
	for _, part := range parts[1:] {
		lines, _, ended := strings.Cut(part, "\n# }\n")
		if !ended {
			t.Fatalf("no end: %s", part)
		}
		block := strings.ReplaceAll("\n"+lines, "\n# ", "\n")
		file, diagnostics := hclsyntax.ParseConfig([]byte(block), "import.tf", hcl.InitialPos)
		if diagnostics.HasErrors() {
			t.Fatalf("%v: %s", diagnostics, block)
		}
		attributes := file.Body.(*hclsyntax.Body).Attributes //nolint:forcetypeassert // it is one
		if names := slices.Sorted(maps.Keys(attributes)); !slices.Equal(names, []string{"id", "to"}) {
			t.Fatalf("%v: %s", names, block)
		}
		var address []string
		for i, step := range attributes["to"].Expr.Variables()[0] {
			if root, ok := step.(hcl.TraverseRoot); ok && i == 0 {
				address = append(address, root.Name)
			} else {
				address = append(address, step.(hcl.TraverseAttr).Name) //nolint:forcetypeassert // the panic tells
			}
		}
		id, diagnostics := attributes["id"].Expr.Value(nil)
		if diagnostics.HasErrors() {
			t.Fatal(diagnostics)
		}
		found[strings.Join(address, ".")] = id.AsString()
	}
	return found
}
