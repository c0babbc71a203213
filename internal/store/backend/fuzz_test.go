package backend

import (
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/store/format"
)

// An item's file lies in its folder, whatever the key, and no two items have one file: a key has letters, digits and "._-/:" alone.
func FuzzFileName(f *testing.F) {
	f.Add("session/0123abcd", "role/0123abcd")
	f.Add("a/b:c", "a:b/c")
	f.Add("..", "../x")
	f.Fuzz(func(t *testing.T, one, other string) {
		if !format.IsName(one, 200, "._-/:") || !format.IsName(other, 200, "._-/:") {
			return
		}
		one, other = format.Prefix("dbxaccess")+one, format.Prefix("dbxaccess")+other
		file := FileName(one)
		if strings.ContainsAny(file, `/\:`) || strings.HasPrefix(file, ".") || ItemName(file) != one {
			t.Fatalf("%q is in %q, which is %q", one, file, ItemName(file))
		}
		if (file == FileName(other)) != (one == other) {
			t.Fatalf("%q and %q are both in %q", one, other, file)
		}
	})
}
