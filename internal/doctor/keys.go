package doctor

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/ownkeys"
	"github.com/dbxaccess/dbxaccess/internal/profiles"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// FindKeys is the command that finds static keys, and MoveKeys the one that moves them.
const (
	FindKeys = "dbxaccess doctor --secrets"
	MoveKeys = FindKeys + " --fix"
)

// Keys is what ExamineKeys looks at and does, besides Links.
type Keys struct {
	Machine   ownkeys.Machine
	BackupDir string // of keys that were moved
	// Move asks whether these keys, which are in files that can be edited, are to be moved there; nil: nothing is moved.
	Move func(context.Context, []ownkeys.Key) (bool, error)
	// Owner asks who issued a key whose it is; its error has the ID of what was refused. nil: nobody is asked.
	Owner func(context.Context, ownkeys.Key) (string, error)
}

// ExamineKeys finds the static keys in this person's usual places, and passes each finding to tell. It asks nobody but with Owner, and
// changes nothing but with Move, whose error it returns.
func ExamineKeys(ctx context.Context, links Links, keys Keys, tell func(Finding)) error {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	d := &examination{Links: links, tell: tell}
	done := d.Progress("looking for static keys")
	found := keys.Machine.Look()
	done()
	ours := d.ours()
	var live []ownkeys.Key
	if keys.Owner != nil {
		live = slices.DeleteFunc(slices.Clone(found.Keys), func(k ownkeys.Key) bool { return k.Lesser || !k.OfAWS() && !k.OfDatabricks() })
		d.tryAll(ctx, "static-key-untried", len(live), func(ctx context.Context, i int) Finding { return askOwner(ctx, keys.Owner, live[i]) })
	}
	moved, err := d.moveKeys(ctx, keys, found.Keys, ours)
	if err != nil {
		return err
	}
	for _, k := range found.Keys {
		if !moved(k) {
			d.add(keyFinding(k, ours))
		}
	}
	for _, c := range found.Caches {
		what := ui.Count(c.Files, "file", "files") + " with tokens of " + c.Tool + ", in the clear"
		d.warn("token-cache-in-clear", c.Path, what, "whoever reads it has "+c.Holds, c.Fix)
	}
	for _, u := range found.Unread {
		d.warn("static-key-file-unread", u.Path, "not looked through, or only in part: "+u.Why, "", nil)
	}
	d.checkBackups(keys.BackupDir)
	if len(found.Keys) == 0 {
		d.ok("static-keys-none", "", "no static key in "+ui.Count(found.Files, "file", "files")+" and the environment")
	}
	return nil
}

// keyFinding tells of a key where it is.
func keyFinding(k ownkeys.Key, ours []ourProfile) Finding {
	f := Finding{ID: "static-key-in-file", Subject: k.String(), Status: Fault, What: named(k), Why: k.Why}
	switch {
	case k.Lesser:
		f.ID, f.Status, f.Fix = "static-key-lesser", Warning, ui.Advice(k.Remedy)
		return f
	case k.Variable != "":
		f.ID, f.Fix = "static-key-in-environment", ui.Command("unset "+ui.Word(k.Variable))
	case k.Movable:
		f.Fix = ui.Command(MoveKeys)
	default:
		f.Fix = ui.Advice("remove it from the file by hand")
	}
	f.Fix = slices.Concat(f.Fix, ui.Advice(k.Remedy), replacement(k, ours))
	return f
}

// named is what a key is, without the key.
func named(k ownkeys.Key) string {
	what := k.Title
	if k.Tail != "" {
		what += " (…" + k.Tail + ")"
	}
	if k.Section != "" {
		what += ", profile " + k.Section
	}
	if k.Account != "" {
		what += ", of account " + k.Account
	}
	if k.Host != "" {
		what += ", for " + ui.Host(k.Host)
	}
	return what
}

// ourProfile is a profile of ours, and what it is for.
type ourProfile struct {
	profiles.Entry
	account string // of AWS
}

// ours are the profiles that can be used in place of a key.
func (d *examination) ours() []ourProfile {
	var m *accessmap.Map
	if d.Map != nil {
		m, _, _ = d.Map()
	}
	var all []ourProfile
	for _, file := range []func() (profiles.Target, error){d.AWSFile, d.DatabricksFile} {
		target, err := file()
		if err != nil {
			continue
		}
		entries, _ := target.List() // that it can't be read is told as of a place of keys
		for _, e := range entries {
			p := ourProfile{Entry: e}
			if m != nil && m.Roles[e.Role] != nil && m.Roles[e.Role].AWS != nil {
				if parts := strings.Split(m.Roles[e.Role].AWS.RoleARN, ":"); len(parts) > 4 {
					p.account = parts[4]
				}
			}
			all = append(all, p)
		}
	}
	return all
}

// replacement is the profile that does what a key did: of the same account or workspace, as far as one is known; else how to come to one.
func replacement(k ownkeys.Key, ours []ourProfile) ui.Fix {
	variable, kind := "AWS_PROFILE", profiles.ForAWS
	switch {
	case k.OfDatabricks():
		variable, kind = "DATABRICKS_CONFIG_PROFILE", profiles.ForDatabricks
	case !k.OfAWS():
		return nil
	}
	var same, others []string
	for _, p := range ours {
		switch {
		case p.For != kind:
		case kind == profiles.ForAWS && k.Account != "" && p.account == k.Account, kind == profiles.ForDatabricks && k.Host != "" && ui.Host(p.Host) == ui.Host(k.Host):
			same = append(same, p.Name)
		default:
			others = append(others, p.Name)
		}
	}
	switch {
	case len(same) > 0:
		return slices.Concat(ui.Advice("in its place use "+ui.Listed(same)+", for example:"), ui.Command("export "+variable+"="+ui.Word(same[0])))
	case len(others) > 0 && k.Account == "" && k.Host == "":
		return ui.Advice("in its place use that of the profiles of dbxaccess which is for the same place: " + ui.Listed(others))
	case len(others) > 0:
		return ui.Advice("profiles of dbxaccess for other places are " + ui.Listed(others) + "; ask for a role that fits with dbxaccess map request")
	}
	return slices.Concat(ui.Advice("a sign-in writes the profile that is used in its place:"), ui.Command("dbxaccess login"))
}

// checkBackups reminds of moved keys, which work until they are deleted where they were issued.
func (d *examination) checkBackups(dir string) {
	files, _ := os.ReadDir(dir)
	files = slices.DeleteFunc(files, func(e os.DirEntry) bool { return filepath.Ext(e.Name()) != ".txt" })
	if len(files) > 0 {
		d.warn("moved-keys-kept", dir, ui.Count(len(files), "file", "files")+" with keys that were moved out of use", "they work until they are deleted where they were issued",
			ui.Advice("when nothing misses them, delete the keys where they were issued, then these files"))
	}
}
