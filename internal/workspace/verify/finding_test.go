package verify

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/databricks/databricks-sdk-go/service/workspace"
)

// People put keys into names, comments and tags, too. None is told or kept, and what an earlier run found in an object of such a name is
// still known to be of it.
func TestNamesAreToldWithoutKeys(t *testing.T) {
	t.Parallel()
	const key = "dapi" + "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
	for pad := range 40 {
		name := "/" + strings.Repeat("n", 260+pad) + "-" + key + "\x1b[31m"
		f := newFindings(nil, nil)
		f.add(Finding{ID: "verify-token-endless", Object: Object{"job", "1", name}, Where: "tags." + name, What: strings.Repeat("w", 560+pad) + " " + key})
		told, err := json.Marshal(f.List)
		if err != nil || strings.Contains(string(told), key[4:12]) {
			t.Fatalf("%d: %s, %v", pad, told, err)
		}
		object := objectOf(workspace.ObjectInfo{ObjectType: workspace.ObjectTypeNotebook, Path: name})
		f.add(Finding{ID: "verify-static-key", Object: object})
		if kept := f.List[len(f.List)-1].Object; kept != object {
			t.Fatalf("kept as %q, met as %q", kept.Name, object.Name)
		}
	}
}
