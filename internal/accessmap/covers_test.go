package accessmap

import (
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestPlacesThatARolesDatasetsHold(t *testing.T) {
	t.Parallel()
	m := parsed(t, start+`
  some: {aws: {role_arn: "arn:aws:iam::111122223333:role/s", region: us-east-1}, read: [a, b], write: [b, c], delete: [b]}
`)
	for _, c := range []struct {
		role, place string
		scope       []string
		write, want bool
	}{
		{"some", "s3://bucket/a/*", nil, false, true},
		{"some", "s3://bucket/a/x/*", nil, false, true},
		{"some", "s3://bucket/a/1.parquet", nil, false, true},
		{"some", "s3://bucket/*", nil, false, false}, // more than the dataset
		{"some", "s3://bucket/a", nil, false, false},
		{"some", "s3://bucket/ab/*", nil, false, false},
		{"some", "s3://bucket2/a/*", nil, false, false},
		{"some", "s3://third/*", nil, false, false}, // which it may only write
		{"some", "s3://bucket/a/*", nil, true, false},
		{"some", "s3://bucket/b/*", nil, true, true},
		{"some", "s3://bucket/b/*", []string{"b"}, true, true},
		{"some", "s3://bucket/a/*", []string{"b"}, false, false},
		{"r", "s3://anything/*", nil, true, true}, // no datasets: AWS alone bounds it
	} {
		if got, err := m.Covers(c.role, c.scope, c.place, c.write); got != c.want || err != nil {
			t.Errorf("%+v: %v, %v", c, got, err)
		}
	}
	if covers, err := m.Covers("none", nil, "s3://bucket/a/*", false); covers || ui.CodeOf(err) != ui.NoSuchRole {
		t.Errorf("%v, %v", covers, err)
	}
	if covers, err := m.Covers("some", []string{"none"}, "s3://bucket/a/*", false); covers || err == nil {
		t.Errorf("%v, %v", covers, err)
	}
}
