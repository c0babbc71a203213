package accessmap

import (
	"strings"
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
	denying := parsed(t, strings.Replace(start, "datasets: {", "datasets: {d: {location: s3://lake/d/, deny: [s3://lake/d/pii/]}, p: {location: s3://lake/d/pii/x/}, ", 1)+`
  some: {aws: {role_arn: "arn:aws:iam::111122223333:role/s", region: us-east-1}, read: [d, p]}
`)
	for place, want := range map[string]bool{
		"s3://lake/d/other/*": true, "s3://lake/d/p": true, "s3://lake/d/1.parquet": true,
		"s3://lake/d/*": false, "s3://lake/d/p*": false, "s3://lake/d/pii/*": false, "s3://lake/d/pii/x/*": false, "s3://lake/d/pii/x/1": false,
	} {
		for _, scope := range [][]string{nil, {"d"}, {"d", "p"}} {
			if got, err := denying.Covers("some", scope, place, false); got != want || err != nil {
				t.Errorf("%s in %v: %v, %v", place, scope, got, err)
			}
		}
	}
	if got, err := denying.Covers("some", []string{"p"}, "s3://lake/d/pii/x/*", false); got || err != nil {
		t.Errorf("a scope gives what the role is denied: %v, %v", got, err)
	}
	if covers, err := m.Covers("none", nil, "s3://bucket/a/*", false); covers || ui.CodeOf(err) != ui.NoSuchRole {
		t.Errorf("%v, %v", covers, err)
	}
	if covers, err := m.Covers("some", []string{"none"}, "s3://bucket/a/*", false); covers || err == nil {
		t.Errorf("%v, %v", covers, err)
	}
}
