package ship

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
)

// By day, no object has lines of two days, and together they are the lines, in order.
func TestObjectsByDay(t *testing.T) {
	t.Parallel()
	all := lines(t, 5)
	midnight := time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC)
	for i, at := range []time.Time{
		midnight.Add(-time.Hour), midnight.Add(-1), midnight, midnight.Add(time.Hour).In(time.FixedZone("", -7*3600)), midnight.Add(-time.Minute),
	} {
		all[i].Time = at
	}
	objects, err := layoutOf(all, true)
	if err != nil {
		t.Fatal(err)
	}
	var got, want bytes.Buffer
	names := make([]string, 0, len(objects))
	for _, o := range objects {
		r, err := gzip.NewReader(bytes.NewReader(o.body))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(&got, r); err != nil {
			t.Fatal(err)
		}
		names = append(names, o.name)
	}
	for _, e := range all {
		want.Write(append(e.Line, '\n'))
	}
	if got.String() != want.String() {
		t.Errorf("%s\nwant\n%s", &got, &want)
	}
	if len(names) != 3 || names[0] != "day=2026-11-28/"+spanOf(all[:2], "-")+".jsonl.gz" || !strings.HasPrefix(names[1], "day=2026-11-29/") || !strings.HasPrefix(names[2], "day=2026-11-28/") {
		t.Error(names)
	}
	again, err := layoutOf(append([]audit.Entry(nil), all...), true)
	if err != nil || !bytes.Equal(again[0].body, objects[0].body) || again[0].name != objects[0].name {
		t.Error("what is sent again is another object", err)
	}
}
