package accessmap

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// withDataset is the small map with one dataset more.
func withDataset(keys string) string {
	return strings.Replace(start, "datasets: {", "datasets: {x: {"+keys+"}, ", 1)
}

func TestADatasetOfSeveralPlaces(t *testing.T) {
	t.Parallel()
	d := parsed(t, withDataset("locations: [s3://lake/churn/, s3://lake/labels/, s3://other], "+
		"deny: [s3://lake/churn/pii/, s3://other/raw/], root: exact")).Datasets["x"]
	if diff := cmp.Diff([]Location{{Bucket: "lake", Prefix: "churn/"}, {Bucket: "lake", Prefix: "labels/"}, {Bucket: "other", Prefix: ""}}, d.Locations); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]Location{{Bucket: "lake", Prefix: "churn/pii/"}, {Bucket: "other", Prefix: "raw/"}}, d.Deny); diff != "" || !d.RootExact {
		t.Error(diff, d.RootExact)
	}
	for place, want := range map[Location]bool{
		{Bucket: "lake", Prefix: "churn/"}: true, {Bucket: "lake", Prefix: "churn/a/"}: true, {Bucket: "other", Prefix: "a/"}: true,
		{Bucket: "lake", Prefix: ""}: false, {Bucket: "lake", Prefix: "churn-secret/"}: false, {Bucket: "third", Prefix: "churn/"}: false,
	} {
		if d.Holds(place) != want {
			t.Errorf("%s: %v", place, !want)
		}
	}
	if a := (Location{Bucket: "lake", Prefix: "churn/"}); !a.Meets(Location{Bucket: "lake", Prefix: ""}) || !a.Meets(Location{Bucket: "lake", Prefix: "churn/x/"}) || a.Meets(Location{Bucket: "lake", Prefix: "churn2/"}) {
		t.Error("meets the wrong places")
	}
	if one := parsed(t, start).Datasets["a"]; len(one.Locations) != 1 || one.Locations[0].String() != "s3://bucket/a/" || one.RootExact {
		t.Errorf("%+v", one)
	}
}

func TestPlacesThatDontFit(t *testing.T) {
	t.Parallel()
	for keys, want := range map[string]string{
		"sensitivity: public":                                       "4:12: dataset x: the key location is missing",
		"location: s3://lake, locations: [s3://other]":              "4:37: dataset x has both location and locations; keep one of them",
		"locations: []":                                             "4:27: locations: there are none",
		"locations: s3://lake":                                      "4:27: locations: expected a list, as in [a, b], found a text",
		"locations: [s3://lake/a]":                                  `4:28: locations: "s3://lake/a" must end in a slash, so that it covers nothing but what is below it`,
		"locations: [s3://lake/a/, s3://lake]":                      "4:28: locations of dataset x: s3://lake/a/ lies inside s3://lake/, so it says nothing",
		"locations: [s3://lake, s3://lake/]":                        "4:39: locations of dataset x: s3://lake/ lies inside s3://lake/, so it says nothing",
		"location: s3://lake/a/, deny: []":                          "4:46: deny: there are none",
		"location: s3://lake/a/, deny: [s3://lake/a/]":              "4:47: deny of dataset x: s3://lake/a/ leaves nothing of s3://lake/a/; remove that from its locations",
		"location: s3://lake/a/, deny: [s3://lake]":                 "4:47: deny of dataset x: s3://lake/ leaves nothing of s3://lake/a/; remove that from its locations",
		"location: s3://lake/a/, deny: [s3://lake/a2/x/]":           "4:47: deny of dataset x: s3://lake/a2/x/ is no part of it",
		"location: s3://lake, deny: [s3://lake/a/, s3://lake/a/b/]": "4:58: deny of dataset x: s3://lake/a/b/ lies inside s3://lake/a/, so it says nothing",
		"location: s3://lake/a/, root: any":                         `4:46: root: "any" is not one of exact`,
		"location: s3://lake, root: exact":                          "4:37: root of dataset x: a whole bucket has no prefix that could be named without its slash",
	} {
		if got := strings.Join(problemsOf(t, withDataset(keys)), "\n"); got != want {
			t.Errorf("%s:\nwant %s\n got %s", keys, want, got)
		}
	}
	var many []string
	for i := range maxLocations + 1 {
		many = append(many, fmt.Sprintf("s3://lake/%d/", i))
	}
	if got := problemsOf(t, withDataset("locations: ["+strings.Join(many, ", ")+"]")); len(got) != 1 || got[0] != "4:27: locations: more than 100" {
		t.Error(got)
	}
	parsed(t, withDataset("locations: ["+strings.Join(many[1:], ", ")+"]"))
}

func TestTheSchemaKnowsThePlacesOfADataset(t *testing.T) {
	t.Parallel()
	agree := judges(t)
	for keys, right := range map[string]bool{
		"location: s3://lake": true, "locations: [s3://lake/a/]": true, "locations: [s3://lake/a/], deny: [s3://lake/a/b/], root: exact": true,
		"": false, "location: s3://lake, locations: [s3://other]": false, "locations: []": false, "locations: [s3://lake/a]": false,
		"location: s3://lake/a/, deny: []": false, "location: s3://lake/a/, root: yes": false, "location: [s3://lake]": false,
	} {
		agree(withDataset(keys), right)
	}
}

func TestReadwriteIsShortForTwoKeys(t *testing.T) {
	t.Parallel()
	e, err := parsed(t, start+"  x: {readwrite: [b, a], read: [c]}\n").Effective("x")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]string{{"a", "b", "c"}, {"a", "b"}, nil}, [][]string{e.Read, e.Write, e.Delete}); diff != "" {
		t.Error(diff)
	}
	want := "7:7: role x names dataset \"a\" in readwrite and in read; keep one of them\n" +
		"7:7: role x names dataset \"a\" in readwrite and in write; keep one of them"
	if got := strings.Join(problemsOf(t, start+"  x: {readwrite: [a, b], write: [a], read: [a, c]}\n"), "\n"); got != want {
		t.Errorf("got %s", got)
	}
	if got := problemsOf(t, start+"  x: {readwrite: [nowhere]}\n"); len(got) != 1 || !strings.Contains(got[0], `readwrite: no dataset is called "nowhere"`) {
		t.Error(got)
	}
}
