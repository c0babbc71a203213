// Package verify reads a Databricks workspace and holds what runs there against the access map: which identity each thing runs as,
// which instance profile it has and who reaches data by it, whose tags it carries, and whether a key that does not expire is written
// anywhere in it.
//
// In come a client of the workspace, the map and the State of an earlier run that did not end; out comes the State, with findings
// and with what was not looked at. It asks for nothing but to read, at a pace that the workspace bears, holds one page at a time and
// saves the State now and then: who is killed goes on where it was. It must never say that something is in order which it did not
// read, fetch the value of a secret, or let one into a finding, the State or an error.
package verify

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/statickeys"
	"github.com/dbxaccess/dbxaccess/internal/ui"
	"github.com/dbxaccess/dbxaccess/internal/workspace"
)

// Part is one kind of thing in a workspace.
type Part string

// The parts, in the order in which they are looked at: what others refer to first, what takes longest last.
const (
	Policies   Part = "policies"
	Pools      Part = "pools"
	Groups     Part = "groups"
	Clusters   Part = "clusters"
	Warehouses Part = "warehouses"
	Jobs       Part = "jobs"
	Pipelines  Part = "pipelines"
	Serving    Part = "serving"
	Apps       Part = "apps"
	Scripts    Part = "init-scripts"
	Secrets    Part = "secrets"
	Tokens     Part = "tokens"
	Mounts     Part = "mounts"
	Queries    Part = "queries"
	Notebooks  Part = "notebooks"
)

// Parts are all there are, in their order.
func Parts() []Part {
	return []Part{Policies, Pools, Groups, Clusters, Warehouses, Jobs, Pipelines, Serving, Apps, Scripts, Secrets, Tokens, Mounts, Queries, Notebooks}
}

// Options of a run.
type Options struct {
	Map *accessmap.Map
	// Workplace is the workspace as the map has it.
	Workplace *accessmap.Workspace
	Now       func() time.Time
	// Save keeps the State so that it survives the process. It is called every few seconds, and when the run ends however it does.
	// nil: it is not kept.
	Save func(*State) error
	// Progress is told now and then how far it is; nil: nobody wants to know.
	Progress func(Progress)
}

// saveEvery is how much work a kill may cost. Parts that are done are kept at once.
const saveEvery = 5 * time.Second

// atOnce is how many objects are asked for at a time. More would be no faster, at 15 requests a second.
const atOnce = 4

// Run goes on with a State until everything was looked at, and closes it. What a workspace refuses to show, part by part or object
// by object, is a finding, and the run goes on. It ends early where nothing more can be had: with ctx, where the network is lost, the
// workspace is busy for too long or takes the token no more, or where the token can't be renewed. The State then holds what was
// found so far and where to go on, and the error says why it ended.
func Run(ctx context.Context, c *workspace.Client, s *State, o Options) error {
	r := &run{
		c: c, o: o, state: s, found: newFindings(s.Findings, s.Beyond), keys: &statickeys.Scanner{Salt: s.Salt},
		want: wantedOf(o.Map, o.Workplace, o.Now()), policies: map[string]policy{}, pools: map[string]pool{},
		scripts: map[string]bool{}, carried: map[Object][]Finding{},
	}
	for _, f := range s.Carried {
		r.carried[f.Object] = append(r.carried[f.Object], f)
	}
	r.meter = newMeter(r)
	err := r.parts(ctx)
	if err == nil {
		s.Ended = o.Now().UTC()
	}
	return errors.Join(err, r.save(true))
}

// run is one call of Run.
type run struct {
	c     *workspace.Client
	o     Options
	state *State
	keys  *statickeys.Scanner
	want  *wanted
	meter *meter

	policies map[string]policy // by ID
	pools    map[string]pool
	carried  map[Object][]Finding // of an earlier run

	mu      sync.Mutex // guards what several goroutines write
	found   *findings
	scripts map[string]bool // init scripts that were read, by where they are
	tally   tally           // of what is not committed yet
	saved   time.Time
}

// tally is what was counted since the last commit: who is stopped between two counts nothing twice.
type tally struct {
	objects, skipped, noText int
	acknowledged, others     int
	runsAs                   map[string]*Identity
}

func (r *run) parts(ctx context.Context) error {
	look := map[Part]func(context.Context) error{
		Policies: r.lookAtPolicies, Pools: r.lookAtPools, Groups: r.lookAtGroups, Clusters: r.lookAtClusters, Warehouses: r.lookAtWarehouses,
		Jobs: r.lookAtJobs, Pipelines: r.lookAtPipelines, Serving: r.lookAtServing, Apps: r.lookAtApps, Scripts: r.lookAtScripts,
		Secrets: r.lookAtSecrets, Tokens: r.lookAtTokens, Mounts: r.lookAtMounts, Queries: r.lookAtQueries, Notebooks: r.lookAtNotebooks,
	}
	for _, part := range Parts() {
		at := r.state.at(part)
		// What compute refers to is read once more by a run that goes on: it is not kept.
		again := part == Policies || part == Pools
		if !r.state.wants(part) && !again || at.Done && !again {
			continue
		}
		if again {
			at.Objects, at.Acknowledged = 0, 0
		}
		r.meter.begin(part)
		err := look[part](ctx)
		switch {
		case err == nil:
		case ends(ctx, err):
			r.tally = tally{}
			return r.explain(string(part), err)
		case absent(err):
			at.Absent = true
		default:
			r.missed(part, err)
		}
		at.Done, at.Cursor, at.walk = true, nil, nil
		if err := r.commit(part); err != nil {
			return err
		}
	}
	return nil
}

// commit counts what was looked at since the last one, and saves the State if it is time to. It is called where a part may be taken
// up again, with the cursor set.
func (r *run) commit(part Part) error {
	r.mu.Lock()
	at := r.state.at(part)
	at.Objects += r.tally.objects
	at.Skipped += r.tally.skipped
	at.NoText += r.tally.noText
	at.Acknowledged += r.tally.acknowledged
	at.Others += r.tally.others
	for name, one := range r.tally.runsAs {
		r.state.countIdentity(name, one)
	}
	r.tally = tally{}
	r.mu.Unlock()
	r.meter.tell(part)
	return r.save(at.Done)
}

func (r *run) save(now bool) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.state.Findings, r.state.Beyond = r.found.List, r.found.Beyond
	if r.o.Save == nil || !now && time.Since(r.saved) < saveEvery {
		return nil
	}
	r.saved = time.Now()
	return r.o.Save(r.state)
}

// report makes a finding. It may be called from several goroutines, as may those below.
func (r *run) report(f Finding) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.found.add(f)
}

// looked counts an object.
func (r *run) looked() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tally.objects++
}

// skip counts an object that did not change since the State's Since. What an earlier run found in it still holds.
func (r *run) skip(o Object) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tally.skipped++
	for _, f := range r.carried[o] {
		r.found.add(f)
	}
	return errCounted
}

// noText counts a file of a kind that holds no text.
func (r *run) noText() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tally.noText++
	return errCounted
}

// other counts an object of a kind that is not read.
func (r *run) other() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tally.others++
}

// acknowledged counts a key that a comment beside it acknowledges.
func (r *run) acknowledged() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tally.acknowledged++
}

// runsAs counts an object that runs as someone. implicit says that it is nobody's decision: who created it is who it runs as.
func (r *run) runsAs(name string, kind IdentityKind, implicit bool) {
	if name == "" {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.tally.runsAs == nil {
		r.tally.runsAs = map[string]*Identity{}
	}
	one := r.tally.runsAs[name]
	if one == nil {
		one = &Identity{Name: ui.Cut(name, 200), Kind: kind}
		r.tally.runsAs[name] = one
	}
	one.Objects++
	if implicit {
		one.AsCreator++
	}
}

// missed tells that a part was not looked at, or not to its end.
func (r *run) missed(part Part, err error) {
	r.notRead(part, Object{Type: "part", Name: string(part)}, "", r.explain(string(part), err))
	r.mu.Lock()
	defer r.mu.Unlock()
	r.state.at(part).Missed = ui.Clean(r.explain(string(part), err).Error())
}

// notRead tells that an object was not looked at.
func (r *run) notRead(part Part, o Object, where string, why error) {
	fix := ui.FixOf(why)
	if len(fix) == 0 {
		fix = ui.Advice("see to it that whoever verifies may read it, and verify again")
	}
	r.report(Finding{ID: "verify-not-read", Part: part, Object: o, Where: where, What: "was not looked at: " + why.Error(), Fix: fix})
}
