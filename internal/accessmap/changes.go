package accessmap

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/dbxaccess/dbxaccess/internal/databricks/scope"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Change is one thing that another version of a map does differently.
type Change struct {
	Effect Effect
	Topic  Topic
	Text   string // a clause in one line, free of control characters; as long as the map's values are
}

// maxCompared bounds what Changes looks at, in grants with those inherited: a small file can hold very many, and an
// honest map with ten thousand roles holds some hundred thousand. It is seconds.
const maxCompared = 2_000_000

// Changes lists what next does otherwise than old, in words. It goes by names: a thing with another name is another
// thing. Against an empty Map all that next has is new. Roles beyond maxCompared are not looked at: that is a change
// of its own, which widens.
func Changes(old, next *Map) []Change {
	c := &comparison{old: old, next: next, left: maxCompared, sensitive: make(map[int]*sensitivePlaces), unchanged: Unchanged(old, next)}
	c.whole()
	c.policy()
	c.agents()
	each(old.Datasets, next.Datasets, c.dataset)
	each(old.Roles, next.Roles, c.role)
	if c.left < 0 {
		c.add(Widens, AboutRole, "the map: it grants too much to be compared, so not all of it is told here")
	}
	c.accounts()
	each(old.Workspaces, next.Workspaces, c.workspace)
	each(old.Identities, next.Identities, c.identity)
	order := topics()
	slices.SortStableFunc(c.list, func(a, b Change) int {
		return cmp.Compare(slices.Index(order, a.Topic), slices.Index(order, b.Topic))
	})
	return c.list
}

// comparison collects changes.
type comparison struct {
	old, next *Map
	left      int                      // of maxCompared
	sensitive map[int]*sensitivePlaces // by rank, of more than that
	unchanged func(role string) bool
	list      []Change
}

// spent reports whether no more roles can be looked at, and counts one.
func (c *comparison) spent(role *Role, m *Map) bool {
	if role == nil || c.left < 0 {
		return c.left < 0
	}
	seen, queue := map[string]bool{role.Name: true}, []*Role{role}
	for len(queue) > 0 && c.left >= 0 {
		r := queue[0]
		queue = queue[1:]
		c.left -= 1 + len(r.Read) + len(r.Write) + len(r.Delete)
		for _, parent := range r.Inherits {
			if !seen[parent] {
				seen[parent] = true
				queue = append(queue, m.Roles[parent])
			}
		}
	}
	return c.left < 0
}

func (c *comparison) add(effect Effect, topic Topic, format string, args ...any) {
	c.list = append(c.list, Change{effect, topic, ui.Clean(fmt.Sprintf(format, args...))})
}

// value adds a change of a value, if it is one. An empty value is none.
func (c *comparison) value(effect Effect, topic Topic, of, what, before, after string) {
	switch {
	case before == after:
	case after == "":
		c.add(effect, topic, "%s: no %s (it was %s)", of, what, before)
	case before == "":
		c.add(effect, topic, "%s: %s %s", of, what, after)
	default:
		c.add(effect, topic, "%s: %s %s (it was %s)", of, what, after, before)
	}
}

// each calls compare for what either has, by name: with nil for what is not there.
func each[T any](old, next map[string]*T, compare func(name string, before, after *T)) {
	for _, name := range union(maps.Keys(old), maps.Keys(next)) {
		compare(name, old[name], next[name])
	}
}

// union is what either has, sorted.
func union(a, b iter.Seq[string]) []string { return set(slices.AppendSeq(slices.Collect(a), b)) }

// beyond is what of a list is not in the other.
func beyond(list, other []string) []string {
	if len(list) == 0 || slices.Equal(list, other) { // most of a large map
		return nil
	}
	there := make(map[string]bool, len(other))
	for _, s := range other {
		there[s] = true
	}
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return there[s] })
}

func (c *comparison) whole() {
	const of = "the map"
	c.value(Differs, AboutMap, of, "contact", c.old.Contact, c.next.Contact)
	if c.old.Serial != c.next.Serial {
		c.add(Differs, AboutMap, "%s: serial %d (it was %d)", of, c.next.Serial, c.old.Serial)
	}
	before, after := c.old.Defaults, c.next.Defaults
	c.value(Differs, AboutMap, of, "max_age", Span(before.MaxAge), Span(after.MaxAge))
	effect := Narrows
	if after.Expires == 0 || before.Expires != 0 && after.Expires > before.Expires {
		effect = Widens // than what was to be refused
	}
	c.value(effect, AboutMap, of, "expires", Span(before.Expires), Span(after.Expires))
	c.value(Differs, AboutMap, of, "default role", before.Role, after.Role)
	c.value(Differs, AboutMap, of, "prefix of profiles", before.ProfilePrefix, after.ProfilePrefix)
	c.value(Differs, AboutMap, of, "least version", before.MinVersion, after.MinVersion)
	switch denied, denies := c.old.Audit.OnFailure == Deny, c.next.Audit.OnFailure == Deny; {
	case denied && !denies:
		c.add(Widens, AboutMap, "%s: what can't be recorded is issued all the same (it was refused)", of)
	case denies && !denied:
		c.add(Narrows, AboutMap, "%s: what can't be recorded is refused", of)
	}
	c.acknowledged()
}

func (c *comparison) dataset(name string, before, after *Dataset) {
	of := "dataset " + name
	switch {
	case before == nil:
		c.add(Differs, AboutDataset, "%s is new: %s", of, addresses(after.Locations))
		return
	case after == nil:
		c.add(Narrows, AboutDataset, "%s is gone", of)
		return
	}
	c.places(of, before, after)
	// A role may use the key of its datasets, and without one it may write under others.
	c.value(Widens, AboutDataset, of, "KMS key", before.KMSKey, after.KMSKey)
	effect := Narrows
	if sensitivity(after) < sensitivity(before) {
		effect = Widens
	}
	c.value(effect, AboutDataset, of, "sensitivity", before.Sensitivity, after.Sensitivity)
	c.handledAt(of, before, after)
}

// places compares where a dataset is, and what is denied in it.
func (c *comparison) places(of string, before, after *Dataset) {
	what := "location"
	if len(before.Locations) > 1 || len(after.Locations) > 1 {
		what = "locations"
	}
	effect := Narrows
	if slices.ContainsFunc(after.Locations, func(l Location) bool { return !before.Holds(l) }) {
		effect = Widens
	}
	c.value(effect, AboutDataset, of, what, addresses(before.Locations), addresses(after.Locations))
	effect = Narrows
	for _, was := range before.Deny {
		if !slices.ContainsFunc(after.Deny, func(l Location) bool { return l.Holds(was) }) {
			effect = Widens
		}
	}
	c.value(effect, AboutDataset, of, "denied", addresses(before.Deny), addresses(after.Deny))
	switch {
	case after.RootExact && !before.RootExact:
		c.add(Widens, AboutDataset, "%s: its root may be listed without the slash, and with it names of neighbours that begin alike", of)
	case before.RootExact && !after.RootExact:
		c.add(Narrows, AboutDataset, "%s: its root may no longer be listed without the slash", of)
	}
}

// addresses are those of locations, in an order of their own.
func addresses(list []Location) string {
	texts := make([]string, len(list))
	for i, l := range list {
		texts[i] = l.String()
	}
	return strings.Join(set(texts), ", ")
}

func (c *comparison) workspace(name string, before, after *Workspace) {
	of := "workspace " + name
	if after == nil {
		c.add(Narrows, AboutWorkspace, "%s is gone", of)
		return
	}
	if before == nil {
		before = &Workspace{Login: LoginFederation, Scopes: after.Scopes}
	}
	c.value(Widens, AboutWorkspace, of, "host", before.Host, after.Host)
	c.value(Widens, AboutWorkspace, of, "account", before.AccountID, after.AccountID)
	c.value(Widens, AboutWorkspace, of, "workspace ID", before.WorkspaceID, after.WorkspaceID)
	c.scopes(AboutWorkspace, of, scope.All, before.Scopes, after.Scopes, widened(before.scopes(), after.scopes()))
	effect := Widens // the ID token goes there
	if after.Login != LoginFederation {
		effect = Differs
	}
	c.value(effect, AboutWorkspace, of, "login", string(before.Login), string(after.Login))
	c.value(Differs, AboutWorkspace, of, "cross-account role", before.CrossAccountRole, after.CrossAccountRole)
	c.value(Widens, AboutWorkspace, of, "instance profile of warehouses", before.WarehouseProfile, after.WarehouseProfile)
}

// accounts compares the AWS accounts that roles are in.
func (c *comparison) accounts() {
	before, after := c.old.accounts(), c.next.accounts()
	for _, account := range beyond(after, before) {
		c.add(Widens, AboutAccount, "AWS account %s", account)
	}
	for _, account := range beyond(before, after) {
		c.add(Narrows, AboutAccount, "no more AWS account %s", account)
	}
}

// accounts are those that a map's roles and permission sets are in, sorted: the id; of another partition than aws with
// it, as in aws-cn:111122223333; the partition alone where an S3-compatible server has no accounts.
func (m *Map) accounts() []string {
	var list []string
	add := func(partition, id string) {
		switch {
		case id == "":
			list = append(list, partition)
		case partition == "aws":
			list = append(list, id)
		default:
			list = append(list, partition+":"+id)
		}
	}
	for _, r := range m.Roles {
		if r.AWS != nil && r.AWS.RoleARN != "" {
			role, _ := arn.Parse(r.AWS.RoleARN)
			add(role.Partition, role.AccountID)
		}
		if r.AWS != nil && r.AWS.AccountID != "" {
			add(iam.PartitionOf(r.AWS.Region).Name, r.AWS.AccountID)
		}
	}
	return set(list)
}
