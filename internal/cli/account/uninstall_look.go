package account

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/audit/chain"
	"github.com/dbxaccess/dbxaccess/internal/beside"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/footprint"
	"github.com/dbxaccess/dbxaccess/internal/localfile"
	"github.com/dbxaccess/dbxaccess/internal/profiles"
	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// leftovers are what dbxaccess left on this machine.
type leftovers struct {
	Removes []footprint.Item `json:"removes"`
	Keeps   []footprint.Item `json:"keeps"`
	ByHand  []footprint.Item `json:"by_hand"`
	Running []beside.Served  `json:"running"` // programs that are served, and get nothing new after this

	settings string // the directory
	plans    []*profiles.Plan
	keyring  *store.Store // nil where there is none
}

// look lists it, and changes nothing.
func (u uninstalling) look(ctx context.Context, env *cli.Env) (*leftovers, error) {
	settings, err := env.Settings()
	if err != nil {
		return nil, err
	}
	left := &leftovers{settings: settings.Dir, Removes: []footprint.Item{}, Keeps: []footprint.Item{}, ByHand: []footprint.Item{}}
	left.Running = append([]beside.Served{}, beside.Running(settings.Dir)...)
	home, _ := localfile.Home(env.Getenv)
	places := footprint.Places{Home: home, Getenv: env.Getenv}
	remembered := footprint.Remembered(settings.Dir)
	all := slices.Concat(footprint.ServersIn(settings.Dir).List(places), places.Kernels(remembered), places.Shims(remembered), places.Completions(), footprint.Locks(home))
	ours, err := footprint.InSettings(settings.Dir)
	if err != nil {
		return nil, err
	}
	var refusals []error
	left.plans, refusals = cli.PlanRemoval(env, "")
	for _, refusal := range refusals {
		env.Console.Warn(ui.Warning{ID: "profiles-kept", What: "the entries of a config file stay: " + refusal.Error(), Fix: ui.FixOf(refusal)})
	}
	for _, plan := range left.plans {
		for _, change := range plan.Changes {
			all = append(all, footprint.Item{Kind: footprint.Profile, Path: plan.Path, Name: change.Profile, What: "a profile entry"})
		}
	}
	items, keepsKey := u.lookInKeyring(ctx, env, left)
	for _, item := range slices.Concat(all, items, ours, places.ShellLines(), programs(env)) {
		switch {
		case item.Kind == footprint.ShellLine || item.Kind == footprint.Program:
			left.ByHand = append(left.ByHand, item)
		case item.Kind == footprint.Foreign || item.Kind == footprint.MovedKeys || item.Kind == footprint.Record && !u.record:
			left.Keeps = append(left.Keeps, item)
		case keepsKey && item.Path == filepath.Join(settings.Dir, store.FileFolder):
			// Its items are listed one by one, and the record's key stays in it.
			left.Removes = append(left.Removes, footprint.LocksAt(filepath.Join(item.Path, store.LockFolder))...)
		default:
			left.Removes = append(left.Removes, item)
		}
	}
	footprint.Sort(left.Removes)
	footprint.Sort(left.Keeps)
	footprint.Sort(left.ByHand)
	return left, nil
}

// kindsOfItems says what is kept in the keyring, by how its key begins.
var kindsOfItems = []struct{ begins, what string }{
	{"session/", "a sign-in"},
	{"role/", "AWS credentials of a role"},
	{"workspace/", "a Databricks token"},
	{"vended/", "credentials for a piece of data"},
	{"audit.", "the token of a sink of the record"},
	{"audit/", "the key that signs the record"},
}

// lookInKeyring lists the items of the keyring in use, else of the one that a sign-in would choose: the record's key outlives sign-ins. The key
// stays with the record.
func (u uninstalling) lookInKeyring(ctx context.Context, env *cli.Env, left *leftovers) (items []footprint.Item, keepsKey bool) {
	defer env.Console.Progress("waiting for the keyring")()
	selected, err := env.SelectedKeyring(ctx)
	if ui.CodeOf(err) == ui.LoginNeeded {
		if selected, _, err = store.Resolve(ctx, store.Auto, 0); err != nil {
			return nil, false // nothing was ever kept
		}
	}
	var keys []string
	if err == nil {
		left.keyring, err = env.PromptingKeyring(selected)
	}
	if err == nil {
		keys, err = left.keyring.Keys(ctx, "")
	}
	if err != nil {
		env.Console.Warn(ui.Warning{ID: "keyring-not-listed", What: "what the keyring holds can't be listed: " + err.Error(), Fix: ui.FixOf(err)})
		return nil, false
	}
	if len(keys) == 0 {
		left.keyring = nil
	}
	for _, key := range keys {
		item := footprint.Item{Kind: footprint.Session, Path: "keyring (" + selected.Backend.String() + ")", Name: key, What: "kept for a while"}
		for _, k := range kindsOfItems {
			if strings.HasPrefix(key, k.begins) {
				item.What = k.what
				break
			}
		}
		if chain.IsKey(key) {
			item.Kind, keepsKey = footprint.Record, !u.record
		}
		items = append(items, item)
	}
	return items, keepsKey
}

// programs are the two programs, which whatever installed them removes.
func programs(env *cli.Env) (items []footprint.Item) {
	helper, err := env.Helper()
	if err != nil {
		return nil
	}
	for _, name := range []string{"dbxaccess", "dbxaccess-admin"} {
		if runtime.GOOS == "windows" {
			name += ".exe"
		}
		path := filepath.Join(filepath.Dir(helper.Path), name)
		if _, err := os.Lstat(path); err == nil {
			items = append(items, footprint.Item{Kind: footprint.Program, Path: path, What: "the program"})
		}
	}
	return items
}
