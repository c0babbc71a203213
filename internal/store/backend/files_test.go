package backend

import (
	"strings"
	"testing"
)

func TestFileNamesLeadBack(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"dbxaccess:v1:role/ab_c=d-e/f", "db.x_a-1:v1:probe", "a:v1:a~0~1"} {
		if got := ItemName(FileName(name)); got != name {
			t.Errorf("%q became %q", name, got)
		}
		if file := FileName(name); strings.ContainsAny(file, `:/\%`) {
			t.Errorf("%q is no file name everywhere", file)
		}
	}
}
