package rendered

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/render"
)

// Each reference has to find its resource, and what cfn-lint knows of IAM has to be kept. Where cfn-lint is not installed, that half
// is not looked at, and the test says so; what a template means is held by the tests of package render.
func TestCloudFormationIsWellFormed(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for _, text := range append(hostile(), "ml") { // the last is what people write, and what is linted
		for _, account := range []string{here, there} {
			template, resources := render.CloudFormation(state(text, 2), account)
			references(t, template, resources)
			if err := os.WriteFile(filepath.Join(folder, account+".yaml"), []byte(template), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	linter, err := exec.LookPath("cfn-lint")
	if err != nil {
		t.Log("CFN-LINT IS NOT INSTALLED: the templates are held against their own references alone")
		return
	}
	out, err := exec.CommandContext(t.Context(), linter, "--format", "json", "--regions", "eu-central-1", "--",
		filepath.Join(folder, here+".yaml"), filepath.Join(folder, there+".yaml")).Output()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		t.Fatal(err)
	}
	var findings []struct {
		Rule    struct{ ID string }
		Message string
	}
	if err := json.Unmarshal(out, &findings); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, f := range findings {
		// Its list of actions is older than sts:GetScopedCredentials.
		if f.Rule.ID != "W3037" || !strings.Contains(f.Message, "'getscopedcredentials' is not one of") {
			t.Errorf("%s: %s", f.Rule.ID, f.Message)
		}
	}
}

func references(t *testing.T, template string, resources int) {
	t.Helper()
	var parsed struct {
		Resources map[string]any `yaml:"Resources"`
	}
	if err := yaml.Unmarshal([]byte(template), &parsed); err != nil {
		t.Fatal(err)
	}
	if len(parsed.Resources) != resources {
		t.Errorf("%d resources, and %d are said to be there", len(parsed.Resources), resources)
	}
	var names []string
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if at, ok := v["Fn::GetAtt"].([]any); ok {
				names = append(names, at[0].(string)) //nolint:forcetypeassert // the panic tells
			}
			if name, ok := v["Ref"].(string); ok {
				names = append(names, name)
			}
			for _, below := range v {
				walk(below)
			}
		case []any:
			for _, below := range v {
				walk(below)
			}
		}
	}
	walk(parsed.Resources)
	if names = slices.Compact(slices.Sorted(slices.Values(names))); len(names) == 0 {
		t.Error("nothing refers to anything")
	}
	for _, name := range names {
		if parsed.Resources[name] == nil {
			t.Errorf("there is no resource %s", name)
		}
	}
}
