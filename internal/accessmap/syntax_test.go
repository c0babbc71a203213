package accessmap

import (
	"strings"
	"testing"
)

// What people get wrong in YAML is told in their words, at the place where it is.
func TestSlipsInYAML(t *testing.T) {
	t.Parallel()
	const roles = "version: 1\nroles:\n  a:\n    read: [x]\n    write: [x]\n"
	for name, c := range map[string]struct{ text, want string }{
		"one space less": {roles + "   aws: {}\n", "6:4: indented by 3 spaces, while what stands above it is by 2 or 4: keys that belong together begin in the same column"},
		"one space more": {roles + "     aws: {}\n",
			"6:6: indented by 5 spaces, below a line that has its value already: begin it in the column of that line, which is indented by 4 spaces"},
		"behind a comment and a list": {"roles:\n  a:\n    inherits:\n      - b\n      - c\n  # that was it\n   aws: {}\n",
			"7:4: indented by 3 spaces, while what stands above it is by 2 or 4: keys that belong together begin in the same column"},
		"a rule of claims": {"claims:\n  - match: { a: b }\n   roles: [r]\n",
			"3:4: indented by 3 spaces, while what stands above it is by 2 or 4: keys that belong together begin in the same column"},
		"the first is deeper":             {" version: 1\nroles: {}\n", "2:1: indented by 0 spaces, while what stands above it is by 1: keys that belong together begin in the same column"},
		"a colon in a value":              {"a: 1\ndescription: Train: churn\n", "2:19: a colon within a value: put the value in quotes, or begin the next key on a line of its own"},
		"at":                              {"a: 1\ncontact: @ml\n", "2:10: a value can't begin with @, ` or %; put it in quotes"},
		"at in a list":                    {"groups:\n  g: [a, @b]\n", "2:10: a value can't begin with @, ` or %; put it in quotes"},
		"star":                            {"groups:\n  ** : [a]\n", "2:3: what begins with * or & has a meaning of its own in YAML; put it in quotes"},
		"item behind its key":             {"read: - churn\n", "1:7: an item of a list behind its key; write [a, b], or begin the item on the next line"},
		"no colon":                        {"roles:\n  a\n  b: 1\n", "2:3: a line without a colon: a key is followed by one, and an item of a list begins with a hyphen and a space"},
		"backslash":                       {"groups:\n  \"acme\\ml\": [a]\n", "2:8: a backslash between double quotes: write it twice, or use single quotes"},
		"open quote":                      {"contact: \"#ml\nroles: {}\n", "1:10: a quote that is not closed"},
		"open quote, ended by one behind": {"contact: \"#ml\na: b\nc: { d: \"12\", e: f }\n", "1:10: a quote that is not closed"},
		"a long text, then a slip":        {"a: \"b\n  c\"\nd: e: f\n", "3:5: a colon within a value: put the value in quotes, or begin the next key on a line of its own"},
		"open list":                       {"read: [a, b\nwrite: [c]\n", "1:7: a list that is not closed, or a comma that is missing in it: [a, b]"},
		"open brace":                      {"aws: { region: x\nread: [c]\n", "1:6: a { that is not closed, or a comma that is missing behind it: { a: b, c: d }"},
		"key among items":                 {"read:\n- a\nb: 1\n- c\n", "4:1: an item of a list where a key is expected"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := strings.Join(problemsOf(t, c.text), "\n"); got != c.want {
				t.Errorf("\n got %s\nwant %s", got, c.want)
			}
		})
	}
}

// What is right YAML is never called odd: the search is for what is behind an error of the library.
func TestNoHonestFileIsIndentedOddly(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"acme.yaml", "grants.yaml", "sorts.yaml", "trusting.yaml", "workloads.yaml"} {
		if at, what := oddIndent(strings.Split(string(testdata(t, name)), "\n")); what != "" {
			t.Errorf("%s:%d:%d: %s", name, at.line, at.column, what)
		}
	}
	for _, text := range []string{
		"a:\n- b: 1\n  c: 2\n- d\ne: 1", "a:\n  - - b\n    - c\n  - d", "a: |\n  x\n    y\n z\nb: 1", "a:\n  b:\n    - c\n    -\n      d: 1\n  e: 1", "---\na: >-\n   x\n\nb: 2",
		"'a: b': 1\n\"c\": 2", "a: [b,\n c,\n   d]\ne: {\nf: 1}", "a: # comment\n  b: 1 # [\nc: d # {",
	} {
		if at, what := oddIndent(strings.Split(text, "\n")); what != "" {
			t.Errorf("%d:%d: %s\n%s", at.line, at.column, what, text)
		}
	}
}

// A number without a unit is answered with what to write, in one round.
func TestDurationsWithoutUnit(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"8": `"8" has no unit; write 8h`, `"8"`: `"8" has no unit; write 8h`, "90": `"90" has no unit; write 90m`, "3600": `"3600" has no unit; write 3600s`,
		"13": `"13" is not a duration, as in 90m or 2h`, "1.5": `"1.5" has no unit; write 1.5h`, "soon": `"soon" is not a duration, as in 90m or 2h`,
	} {
		text := strings.Replace(start, "region: us-east-1", "duration: "+value+", region: us-east-1", 1)
		if got := strings.Join(problemsOf(t, text), "\n"); !strings.HasSuffix(got, "duration: "+want) {
			t.Errorf("%s: %s, want %s", value, got, want)
		}
	}
	if got := strings.Join(problemsOf(t, start+"defaults: { max_age: 24 }\nagents: { default: { lease: 5 } }\n"), "\n"); !strings.Contains(got, `max_age: "24" has no unit; write m, h or d behind it, as in 24h`) ||
		!strings.Contains(got, `lease: "5" has no unit; write 5h or 5m`) {
		t.Error(got)
	}
	if got := strings.Join(problemsOf(t, identityOf("issuer: acme.okta.com, client_id: x, groups: {g: [r]}")), "\n"); got != `3:15: issuer: "acme.okta.com" is not an address; write https://acme.okta.com` {
		t.Error(got)
	}
}

func TestRulesThatGiveNothing(t *testing.T) {
	t.Parallel()
	text := peopleMap("groups: {ml-churn: [], b: [churn-reader]}, claims: [{match: {a: b}, roles: []}]", "roles:\n"+aRole("churn-reader", "}"))
	found := strings.Join(linted(t, ruleEmpty, text), "\n")
	if found != "3:60 identity acme: group \"ml-churn\" gets no role\n3:103 identity acme: a rule on claims gives no role" {
		t.Error(found)
	}
}
