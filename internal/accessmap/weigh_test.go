package accessmap

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/needed"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// mapOfDatasets has a role that reads so many datasets, in buckets of their own, of which the first has a long name.
func mapOfDatasets(n int, keys string) string {
	var datasets, names strings.Builder
	for i := range n {
		fmt.Fprintf(&datasets, "  d%d: {location: s3://bucket-%d/%s%d/}\n", i, i, strings.Repeat("long-", max(0, 8-i)), i)
		fmt.Fprintf(&names, "d%d, ", i)
	}
	return "version: 1\nidentities: {i: {issuer: https://i.example, client_id: x, groups: {g: [big]}}}\ndatasets:\n" + datasets.String() +
		"roles:\n  big: {aws: {role_arn: \"arn:aws:iam::111122223333:role/x\", region: us-east-1}, read: [" + names.String() + "]" + keys + "}\n"
}

func TestWhatMakesAPolicyTooLarge(t *testing.T) {
	t.Parallel()
	m := parsed(t, mapOfDatasets(13, ""))
	_, err := m.Policy("big", nil, time.Time{})
	if ui.IDOf(err) != "session-policy-size" || ui.CodeOf(err) != ui.Failed {
		t.Fatal(err)
	}
	e, _ := m.Effective("big")
	size := m.whole(e, time.Time{})
	weightOf := func(name string) int {
		var others []string
		for _, other := range e.Datasets() {
			if other != name {
				others = append(others, other)
			}
		}
		return size - m.whole(e.only(others...), time.Time{})
	}
	want := fmt.Sprintf("the session policy of role big has %d characters, AWS takes 2048: %d too many; most is taken by d0 (%d), d1 (%d), d2 (%d)",
		size, size-iam.MaxSessionPolicy, weightOf("d0"), weightOf("d1"), weightOf("d2"))
	if err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
	problems := m.Check()
	if len(problems) != 1 || !strings.HasPrefix(problems[0].Message, want+"; split the role: it fits without d0") {
		t.Errorf("%v", problems)
	}
	// What it says fits does, and one more does not.
	sizeOf := func(datasets ...string) int {
		only := e.only(datasets...)
		return m.compile(only, time.Time{}).size(only)
	}
	large := m.explainSize(e, time.Time{}, size)
	if sizeOf(large.fits...) > iam.MaxSessionPolicy || sizeOf(append(large.fits, large.without[len(large.without)-1])...) <= iam.MaxSessionPolicy {
		t.Errorf("fits %v, without %v", large.fits, large.without)
	}
	if _, err := m.Policy("big", large.fits, time.Time{}); err != nil {
		t.Error(err)
	}
}

func TestWhatHelpsAgainstAPolicyThatIsTooLarge(t *testing.T) {
	t.Parallel()
	long := "s3://bucket-0/" + strings.Repeat("a-very-long-prefix/", 47)
	alone := strings.Replace(mapOfDatasets(1, ""), "s3://bucket-0/", long, 1)
	for text, want := range map[string]string{
		mapOfDatasets(30, ""): "with --scope DATASET,…: ",
		alone:                 "have the role changed in the access map: no dataset of it fits",
		strings.Replace(mapOfDatasets(2, ""), "s3://bucket-0/", long, 1): "narrow it to what fits: --scope d1",
	} {
		_, err := parsed(t, text).Policy("big", nil, time.Time{})
		if !strings.Contains(ui.HintOf(err), want) {
			t.Errorf("%v\nwant %s\n got %s", err, want, ui.HintOf(err))
		}
	}
}

// Very many roles with very many datasets each: that ends soon, and says of the first what is too much. What is counted is what is
// allocated, which is the same on every machine.
func TestSizesOfAHostileMapAreFoundSoon(t *testing.T) {
	needed.FullSpeed(t)
	text := mapOfDatasets(300, "")
	for i := range 200 {
		text += fmt.Sprintf("  r%d: {inherits: [big], aws: {role_arn: \"arn:aws:iam::111122223333:role/x\", region: us-east-1}}\n", i)
	}
	m := parsed(t, text)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	problems := m.Check()
	runtime.ReadMemStats(&after)
	const most = 1300
	if mb := (after.TotalAlloc - before.TotalAlloc) >> 20; mb > most {
		t.Errorf("%d MB are allocated, %d at most", mb, most)
	} else {
		t.Logf("%d MB", mb)
	}
	if len(problems) != 201 || !strings.Contains(problems[0].Message, "most is taken by") ||
		!strings.HasSuffix(problems[200].Message, "too many; split the role") {
		t.Errorf("%d problems", len(problems))
	}
}

// What a policy would have less without each part of it is what compiling without it has.
func TestWhatOfAPolicyWeighsMost(t *testing.T) {
	t.Parallel()
	m := parsed(t, mapOfDatasets(4, `, statements: [{actions: [glue:GetTable], resources: ["*"]}]`))
	policy, err := m.Policy("big", nil, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	whole, parts, err := m.PolicyWeights("big", nil)
	if err != nil || whole != len(policy) || len(parts) != 5 || parts[0].Dataset != "d0" || parts[0].Part != "dataset d0" {
		t.Fatalf("%d, %+v, %v", whole, parts, err)
	}
	without := parsed(t, mapOfDatasets(4, ""))
	bare, err := without.Policy("big", nil, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for i, part := range parts {
		found = found || part == Weight{Part: "its statements", Characters: len(policy) - len(bare)}
		if i > 0 && part.Characters > parts[i-1].Characters {
			t.Errorf("%+v", parts)
		}
	}
	if !found {
		t.Errorf("%+v", parts)
	}
	if narrowed, parts, err := m.PolicyWeights("big", []string{"d1"}); err != nil || narrowed >= whole || len(parts) != 1 {
		t.Errorf("%d, %+v, %v", narrowed, parts, err)
	}
	if _, _, err := m.PolicyWeights("none", nil); ui.IDOf(err) != "role-unknown" {
		t.Error(err)
	}
}
