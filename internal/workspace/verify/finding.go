package verify

import (
	"cmp"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/statickeys"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Severity is how soon someone should look.
type Severity string

// The severities.
const (
	High   Severity = "high"   // a key that anyone who can read it has, or data open to whom the map does not give it
	Medium Severity = "medium" // what weakens the map, or breaks it; what was not looked at
	Low    Severity = "low"    // what costs, or what is harder to run
)

// Rank orders severities: the higher, the sooner.
func (s Severity) Rank() int { return slices.Index([]Severity{Low, Medium, High}, s) }

// Object is something in the workspace.
type Object struct {
	Type string `json:"type"`         // as Databricks calls it: cluster, job, notebook
	ID   string `json:"id,omitempty"` // "" where its name is what it is known by
	Name string `json:"name"`         // a path for notebooks and files
}

// String names the object in a sentence.
func (o Object) String() string {
	text := o.Type + " " + o.Name
	if o.ID != "" && o.ID != o.Name {
		text += " (" + o.ID + ")"
	}
	return text
}

// Finding is one thing in the workspace that is not as the map means it, or a key that does not expire. Its texts are clean, and
// never repeat a secret.
type Finding struct {
	ID       ui.ID    `json:"id"`
	Severity Severity `json:"severity"`
	Part     Part     `json:"part"`
	Object   Object   `json:"object"`
	// Where in the object it is: a setting's path, a line, a cell. "" for the object as a whole.
	Where   string   `json:"where,omitempty"`
	What    string   `json:"what"`
	Fix     ui.Fix   `json:"fix,omitempty"`
	RunsAs  string   `json:"runs_as,omitempty"`          // the identity, where the object runs something
	Roles   []string `json:"roles,omitempty"`            // of the map, that it is about
	Profile string   `json:"instance_profile,omitempty"` // ARN
	Rule    string   `json:"rule,omitempty"`             // of a static key, see docs/static-keys.md
	Tail    string   `json:"tail,omitempty"`             // its last four characters; "" of one under 16
	// Fingerprint is the same for the same key, wherever it stands in this workspace, until the salt is lost.
	Fingerprint string `json:"fingerprint,omitempty"`
}

// key is what a finding is told from others by: the same one met again, as after a resumption, is one.
func (f *Finding) key() string {
	return strings.Join([]string{string(f.ID), f.Object.Type, f.Object.ID, f.Object.Name, f.Where, f.Rule, f.Fingerprint, f.Profile, f.What}, "\x00")
}

// compare puts the severest first, then what belongs together.
func compare(a, b Finding) int {
	return cmp.Or(b.Severity.Rank()-a.Severity.Rank(), strings.Compare(string(a.ID), string(b.ID)), strings.Compare(string(a.Part), string(b.Part)),
		strings.Compare(a.Object.Name, b.Object.Name), strings.Compare(a.Object.ID, b.Object.ID), strings.Compare(a.Where, b.Where), strings.Compare(a.What, b.What))
}

// Kind says what the findings of one ID are about.
type Kind struct {
	ID       ui.ID
	Severity Severity // the most that it has
	Means    string
	Why      string // it matters
}

// Kinds are all there are, as docs/verify.md lists them. An ID stays the same in every version.
func Kinds() []Kind {
	return []Kind{
		{"verify-static-key", High, "a key is written out: in a setting, a script, a query, a notebook or what a notebook printed",
			"who may read the object has the key, for as long as nobody revokes it; a key that ends by itself is low"},
		{"verify-profile-unknown", High, "compute has an instance profile that the map does not name",
			"who uses it has permissions of which the map, and so whoever reviewed it, says nothing"},
		{"verify-shared-compute", High, "everybody in the workspace may use compute whose role reaches confidential or restricted data",
			"an instance profile belongs to the machine: who may run code on it has the role's data, whatever their own groups"},
		{"verify-group-profile", High, "a group of the workspace may start compute with an instance profile whose role the map does not give it",
			"its members take the role past the map"},
		{"verify-compute-group", Medium, "a group may use compute whose role the map does not give it",
			"its members reach the role's data past the map"},
		{"verify-profile-elsewhere", Medium, "compute has the instance profile of a role that does not work in this workspace by the map",
			"the role's data is meant to be reached from other workspaces"},
		{"verify-mount", Medium, "a mount: data is reached below /mnt by whatever it was mounted with",
			"everybody in the workspace reaches what is behind it, with one identity, and no record tells them apart"},
		{"verify-scope-key", Medium, "a secret scope keeps a key of a cloud, by its name; high where everybody in the workspace may read it",
			"the key does not expire, and who may read the scope may take it away"},
		{"verify-token-endless", Medium, "a personal access token never ends",
			"who finds it is its owner until somebody revokes it"},
		{"verify-script-open", Medium, "an init script lies on DBFS, where everybody in the workspace may write",
			"who changes it runs code on the compute that starts with it, as its role"},
		{"verify-group-missing", Medium, "a group that the map gives a role in this workspace is not in the workspace",
			"permissions can't be given to it there: its members see nothing, or got in by another way"},
		{"verify-not-read", Medium, "something could not be read, or not wholly, so that it is not known what is in it",
			"what nobody looked at may hold anything"},
		{"verify-script-unread", Low, "an init script lies where the workspace's API does not read it",
			"it runs on each machine, and nobody looked at it here"},
		{"verify-tag-missing", Low, "compute with a role's instance profile lacks the role's tags, or has others",
			"its cost is not billed to whom the map means"},
		{"verify-runs-as-person", Low, "a job or pipeline runs as a person",
			"it has all that they may do, and ends when they leave"},
	}
}

func kindOf(id ui.ID) Kind {
	all := Kinds()
	if i := slices.IndexFunc(all, func(k Kind) bool { return k.ID == id }); i >= 0 {
		return all[i]
	}
	return Kind{ID: id, Severity: Medium}
}

// secretOf is the finding of a static key.
func secretOf(part Part, o Object, where string, k statickeys.Finding) Finding {
	rules := statickeys.Rules()
	is := statickeys.Rule{Title: k.Rule, Remedy: "revoke it where it was issued"}
	if i := slices.IndexFunc(rules, func(r statickeys.Rule) bool { return r.ID == k.Rule }); i >= 0 {
		is = rules[i]
	}
	f := Finding{
		ID: "verify-static-key", Severity: High, Part: part, Object: o, Where: where, Rule: k.Rule, Tail: ui.Clean(k.Tail), Fingerprint: k.Fingerprint,
		What: "has a key written out: " + is.Title, Fix: ui.Advice(is.Remedy, "what needs a secret here takes it from a secret scope, as {{secrets/SCOPE/KEY}} or by dbutils.secrets.get"),
	}
	if k.Tail != "" {
		f.What += ", which ends with " + f.Tail
	}
	if k.Lesser {
		f.Severity, f.What = Low, f.What+"; it ends by itself, or may be none"
	}
	return f
}

// findings are those that were made, each once, and no more of a kind than most: memory is bounded, whatever the workspace holds.
type findings struct {
	List []Finding
	// Beyond counts those of a kind that are not in List.
	Beyond map[ui.ID]int
	seen   map[string]bool
	count  map[ui.ID]int
}

// mostOfAKind is more than anyone reads; a workspace with more has one cause for them.
const mostOfAKind = 5000

func newFindings(before []Finding, beyond map[ui.ID]int) *findings {
	f := &findings{Beyond: map[ui.ID]int{}, seen: map[string]bool{}, count: map[ui.ID]int{}}
	for id, n := range beyond {
		f.Beyond[id] = n
	}
	for _, one := range before {
		f.add(one)
	}
	return f
}

// shown is a name or a text as it is told and kept: clean, without what is a key in it, and no longer than so many characters.
func shown(text string, most int) string {
	// Cleaning may put a key together, and may cut one.
	return ui.Cut(statickeys.WithoutKeys(ui.Clean(statickeys.WithoutKeys(text))), most)
}

func (f *findings) add(one Finding) {
	one.What, one.Where, one.Object.Name = shown(one.What, 600), shown(one.Where, 300), shown(one.Object.Name, 300)
	one.Object.ID, one.RunsAs, one.Profile = ui.Clean(ui.Cut(one.Object.ID, 200)), ui.Clean(ui.Cut(one.RunsAs, 200)), ui.Clean(ui.Cut(one.Profile, 300))
	one.Severity = cmp.Or(one.Severity, kindOf(one.ID).Severity)
	if f.seen[one.key()] {
		return
	}
	if f.count[one.ID] >= mostOfAKind {
		f.Beyond[one.ID]++
		return
	}
	f.seen[one.key()] = true
	f.count[one.ID]++
	f.List = append(f.List, one)
}
