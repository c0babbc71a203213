package ship

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
)

// ByDay is the partition of a bucket that query engines read: Athena and Databricks take day=2026-11-28 in a name for a column.
const ByDay = "day"

// object is one that is to be written.
type object struct {
	name string // below the prefix
	kind string
	body []byte
}

// layoutOf makes objects of lines, whose names sort as the lines do. By day, each has lines of one, packed: engines know by the
// name's end that it is, and read nothing of days that they are not asked about.
func layoutOf(lines []audit.Entry, byDay bool) ([]object, error) {
	if !byDay {
		body, err := plainLines(lines)
		return []object{{spanOf(lines, "/") + ".jsonl", "application/x-ndjson", body}}, err
	}
	var objects []object
	for len(lines) > 0 {
		day, n := dayOf(&lines[0]), 1
		for n < len(lines) && dayOf(&lines[n]) == day {
			n++
		}
		body, err := packed(lines[:n])
		if err != nil {
			return nil, err
		}
		objects = append(objects, object{"day=" + day + "/" + spanOf(lines[:n], "-") + ".jsonl.gz", "application/gzip", body})
		lines = lines[n:]
	}
	return objects, nil
}

func dayOf(e *audit.Entry) string { return e.Time.UTC().Format(time.DateOnly) }

// spanOf names what an object has: its chain, from where to where in it, and the last hash.
func spanOf(lines []audit.Entry, separator string) string {
	first, last := lines[0], lines[len(lines)-1]
	return fmt.Sprintf("%s%s%012d-%012d-%.32s", last.Chain, separator, first.Sequence, last.Sequence, last.Hash)
}

func packed(lines []audit.Entry) ([]byte, error) {
	body, err := plainLines(lines)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(body); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
