package verify

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// stateVersion is that of State's form. A State of another is not taken up.
const stateVersion = 1

// State is what a run found and how far it is. It holds no secret: the ends of keys and fingerprints under a salt are all that is kept of
// one.
type State struct {
	Version     int       `json:"version"`
	Program     string    `json:"program"` // version of dbxaccess: another finds other things
	Host        string    `json:"host"`
	WorkspaceID string    `json:"workspace_id,omitempty"`
	Map         string    `json:"map"`            // digest of the access map
	Only        []Part    `json:"only,omitempty"` // nil: all
	Since       time.Time `json:"since,omitzero"` // notebooks, files and queries that did not change since then are not read
	Began       time.Time `json:"began"`
	Ended       time.Time `json:"ended,omitzero"`
	Salt        []byte    `json:"salt"` // of fingerprints

	Parts    map[Part]*At         `json:"parts"`
	RunsAs   map[string]*Identity `json:"runs_as"`
	Findings []Finding            `json:"-"` // see stored
	Carried  []Finding            `json:"-"` // likewise: what an earlier run found in objects that did not change since
	Beyond   map[ui.ID]int        `json:"beyond,omitempty"`
	// Before counts the objects of an earlier run by part, for telling how long this one takes.
	Before map[Part]int `json:"before,omitempty"`
}

// At is how far a run is with one part.
type At struct {
	Done    bool   `json:"done"`
	Absent  bool   `json:"absent,omitempty"`  // the workspace does not have it
	Missed  string `json:"missed,omitempty"`  // why it was not looked at, or not to its end
	Objects int    `json:"objects"`           // that were looked at
	Skipped int    `json:"skipped,omitempty"` // that did not change since Since
	NoText  int    `json:"no_text,omitempty"` // of kinds that hold none, as pictures do
	// Acknowledged are keys beside which a comment says why they are none.
	Acknowledged int             `json:"acknowledged,omitempty"`
	Others       int             `json:"others,omitempty"` // of kinds that are not read
	Cursor       json.RawMessage `json:"cursor,omitempty"` // where to go on

	walk *walk // what Cursor is made of once the State is kept; nil elsewhere than among the workspace's folders
}

// IdentityKind is what runs something.
type IdentityKind string

// The kinds of identity.
const (
	Person           IdentityKind = "person"
	ServicePrincipal IdentityKind = "service-principal"
	Group            IdentityKind = "group"
)

// Identity is one that things run as.
type Identity struct {
	Name    string       `json:"name"`
	Kind    IdentityKind `json:"kind"`
	Objects int          `json:"objects"` // that run as it
	// AsCreator are those of Objects that run as it because nothing says otherwise: it created them.
	AsCreator int `json:"as_creator"`
}

// NewState is that of a run that has yet to begin.
func NewState(program, host, workspaceID, digest string, only []Part, since, now time.Time) *State {
	s := &State{
		Version: stateVersion, Program: program, Host: host, WorkspaceID: workspaceID, Map: digest, Only: only, Since: since, Began: now.UTC(),
		Salt: make([]byte, 16), Parts: map[Part]*At{}, RunsAs: map[string]*Identity{},
	}
	_, _ = rand.Read(s.Salt) // it never fails
	return s
}

// Continues reports whether the run that a State is of can go on as this one: it is of the same workspace, map and program, asked for
// the same, and has not ended.
func (s *State) Continues(as *State) bool {
	return s.Version == stateVersion && s.Ended.IsZero() && s.Program == as.Program && s.Host == as.Host && s.WorkspaceID == as.WorkspaceID &&
		s.Map == as.Map && slices.Equal(s.Only, as.Only) && s.Since.Equal(as.Since)
}

// Follows takes over what an earlier run of the same workspace knows, that has ended: the salt, how much there is, and what it found in
// objects that this run leaves out because they did not change. It reports whether the earlier run looked at all of those.
func (s *State) Follows(earlier *State) bool {
	if earlier.Version != stateVersion || earlier.Ended.IsZero() || earlier.Host != s.Host || earlier.WorkspaceID != s.WorkspaceID {
		return false
	}
	s.Salt, s.Before = earlier.Salt, map[Part]int{}
	for part, at := range earlier.Parts {
		s.Before[part] = at.Objects
	}
	whole := earlier.Program == s.Program && !s.Since.IsZero() && !s.Since.After(earlier.Began)
	for _, part := range []Part{Queries, Notebooks} {
		at := earlier.Parts[part]
		whole = whole && (!s.wants(part) || at != nil && at.Done && at.Missed == "")
	}
	// What was counted and not listed would be forgotten.
	whole = whole && earlier.Beyond["verify-static-key"] == 0 && earlier.Beyond["verify-not-read"] == 0
	if !whole {
		return false
	}
	for _, f := range earlier.Findings {
		if (f.Part == Queries || f.Part == Notebooks) && f.Object.Type != "part" && s.wants(f.Part) {
			s.Carried = append(s.Carried, f)
		}
	}
	return true
}

func (s *State) at(part Part) *At {
	at := s.Parts[part]
	if at == nil {
		at = &At{}
		s.Parts[part] = at
	}
	return at
}

func (s *State) wants(part Part) bool { return len(s.Only) == 0 || slices.Contains(s.Only, part) }

// mostIdentities bounds how many are told apart; what runs as others is counted as others'.
const mostIdentities = 10_000

func (s *State) countIdentity(name string, more *Identity) {
	one := s.RunsAs[name]
	if one == nil && len(s.RunsAs) >= mostIdentities {
		name = "others"
		one = s.RunsAs[name]
	}
	if one == nil {
		one = &Identity{Name: cmp.Or(more.Name, name), Kind: more.Kind}
		s.RunsAs[name] = one
	}
	one.Objects += more.Objects
	one.AsCreator += more.AsCreator
}

// Identities are those that things run as, the busiest first.
func (s *State) Identities() []Identity {
	all := make([]Identity, 0, len(s.RunsAs))
	for _, one := range s.RunsAs {
		all = append(all, *one)
	}
	slices.SortFunc(all, func(a, b Identity) int { return cmp.Or(b.Objects-a.Objects, cmp.Compare(a.Name, b.Name)) })
	return all
}

// Sorted are the findings, the severest first.
func (s *State) Sorted() []Finding { return slices.SortedFunc(slices.Values(s.Findings), compare) }

// Left are the parts that were asked for and not looked at to their end, in their order.
func (s *State) Left() (parts []Part) {
	for _, part := range Parts() {
		at := s.Parts[part]
		if s.wants(part) && (at == nil || !at.Done || at.Missed != "") {
			parts = append(parts, part)
		}
	}
	return parts
}

// stored is a Finding as it is kept: its Fix is one text in JSON, which can't be read back into steps.
type stored struct {
	Finding

	Fix []ui.Step `json:"fix"`
}

// kept is a State as it is kept.
type kept struct {
	*plain

	Findings []stored `json:"findings"`
	Carried  []stored `json:"carried,omitempty"`
}

type plain State // without the methods

// MarshalJSON is for keeping a State.
func (s *State) MarshalJSON() ([]byte, error) {
	keep := func(findings []Finding) []stored {
		list := make([]stored, len(findings))
		for i, f := range findings {
			list[i] = stored{f, f.Fix}
		}
		return list
	}
	for _, at := range s.Parts {
		if at.walk == nil {
			continue
		}
		var err error
		if at.Cursor, err = json.Marshal(at.walk); err != nil {
			return nil, err
		}
	}
	return json.Marshal(kept{(*plain)(s), keep(s.Findings), keep(s.Carried)})
}

// UnmarshalJSON reads what was kept.
func (s *State) UnmarshalJSON(data []byte) error {
	was := kept{plain: (*plain)(s)}
	if err := json.Unmarshal(data, &was); err != nil {
		return err
	}
	back := func(list []stored) []Finding {
		findings := make([]Finding, len(list))
		for i, f := range list {
			findings[i] = f.Finding
			findings[i].Fix = f.Fix
		}
		return findings
	}
	s.Findings, s.Carried = back(was.Findings), back(was.Carried)
	if s.Parts == nil {
		s.Parts = map[Part]*At{}
	}
	if s.RunsAs == nil {
		s.RunsAs = map[string]*Identity{}
	}
	maps.DeleteFunc(s.Parts, func(_ Part, at *At) bool { return at == nil })
	maps.DeleteFunc(s.RunsAs, func(_ string, one *Identity) bool { return one == nil })
	return nil
}
