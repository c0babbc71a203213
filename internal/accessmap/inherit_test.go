package accessmap

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// chainOfRoles is a circle of n roles.
func chainOfRoles(n int) string {
	var b strings.Builder
	b.WriteString(start)
	for i := range n {
		fmt.Fprintf(&b, "  n%d: {inherits: [n%d]}\n", i, (i+1)%n)
	}
	return b.String()
}

func TestInheritingGivesGrantsAndNeverTheARN(t *testing.T) {
	t.Parallel()
	m := parsed(t, start+`
  top:
    aws: {role_arn: "arn:aws:iam::111122223333:role/top", region: us-east-1, duration: 1h}
    read: [a]
    workspace: w1
    tags: {team: x, Stage: prod}
  left: {inherits: [top], write: [a, b]}
  right: {inherits: [top], read: [b], delete: [c]}
  bottom: {description: All, inherits: [right, left], read: [c], tags: {TEAM: y}}
`)
	got, err := m.Effective("bottom")
	if err != nil {
		t.Fatal(err)
	}
	want := &Effective{
		Role: "bottom", Description: "All", Workspace: "w1", Workplaces: []Workplace{{m.Workspaces["w1"], []string{"all-apis"}}}, Read: []string{"a", "b", "c"}, Write: []string{"a", "b"},
		Delete: []string{"c"}, Tags: map[string]string{"TEAM": "y", "Stage": "prod"},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Workspace{}, Effective{})); diff != "" {
		t.Error(diff)
	}
	if top := m.Roles["top"]; len(top.Read) != 1 || len(top.Tags) != 2 {
		t.Errorf("resolving a role changed its parent: %+v", top)
	}
	_, err = m.Effective("botom")
	if ui.CodeOf(err) != ui.NoSuchRole || !strings.Contains(err.Error(), "did you mean bottom?") {
		t.Errorf("got %v", err)
	}
}

func TestInheritanceThatCantBe(t *testing.T) {
	t.Parallel()
	var many strings.Builder
	for i := range 30 {
		fmt.Fprintf(&many, "t%d: x, ", i)
	}
	for name, c := range map[string]struct{ roles, want string }{
		"itself": {"  x: {inherits: [x]}", "7:3: role x inherits from itself: x → x"},
		"a circle": {"  x: {inherits: [y]}\n  y: {inherits: [r, z]}\n  z: {inherits: [x]}",
			"7:3: role x inherits from itself: x → y → z → x"},
		"two circles, and one behind": {
			"  o: {inherits: [x]}\n  x: {inherits: [y]}\n  y: {inherits: [x]}\n  z: {inherits: [z]}",
			"8:3: role x inherits from itself: x → y → x\n10:3: role z inherits from itself: z → z"},
		"a long circle": {strings.TrimPrefix(chainOfRoles(10), start),
			"7:3: role n0 inherits from itself: n0 → n1 → n2 → n3 → n4 → n5 → n6 → n7 → … → n0"},
		"two workspaces": {"  x: {workspace: w1}\n  y: {workspace: w2}\n  z: {inherits: [x, y]}",
			"9:3: role z inherits workspace w1 from x and w2 from y; give it a workspace of its own"},
		"two workspaces, further up": {
			"  x: {workspace: w1}\n  y: {workspace: w2}\n  z: {inherits: [x]}\n  q: {inherits: [z, y]}",
			"10:3: role q inherits workspace w1 from z and w2 from y; give it a workspace of its own"},
		"a service principal nowhere": {"  x: {service_principal: 01234567-89ab-cdef-0123-456789abcdef}",
			"7:3: role x has a service_principal but no workspace to be it in"},
		"a service principal in an inherited workspace": {
			"  x: {workspace: w1}\n  y: {inherits: [x], service_principal: 01234567-89AB-cdef-0123-456789abcdef}", ""},
		"two values of a tag": {"  x: {tags: {t: v1}}\n  y: {tags: {T: v2}}\n  z: {inherits: [x, y]}",
			`9:3: role z inherits tag T as "v1" from x and as "v2" from y; give it a value of its own`},
		"one tag in two cases": {"  x: {tags: {t: v, T: v}}", "7:3: role x has the tags T and t, which are one to AWS"},
		"51 tags together": {"  x: {tags: {" + many.String() + "}}\n  y: {tags: {" +
			strings.ReplaceAll(many.String(), "t", "u") + "}}\n  z: {inherits: [x, y]}",
			"9:3: role z has more than 50 tags, those it inherits included; AWS takes 50"},
		"51 tags of its own": {"  x: {tags: {" + many.String() + strings.ReplaceAll(many.String(), "t", "u") + "}}",
			"7:3: role x has 60 tags; AWS takes 50"},
		"own values settle it": {
			"  x: {workspace: w1, tags: {t: v1}}\n  y: {workspace: w2, tags: {t: v2}}\n" +
				"  z: {inherits: [x, y], workspace: w2, tags: {t: v3}}\n  q: {inherits: [z]}", ""},
		"the same twice": {
			"  x: {workspace: w1, tags: {t: v}}\n  y: {workspace: w1, tags: {t: v}}\n  z: {inherits: [x, y]}", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := strings.Join(problemsOf(t, start+c.roles+"\n"), "\n"); got != c.want {
				t.Errorf("want %s\n got %s", c.want, got)
			}
		})
	}
}
