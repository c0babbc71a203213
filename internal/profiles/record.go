package profiles

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/atomicfile"
	"github.com/dbxaccess/dbxaccess/internal/localfile"
)

// RecordName is the file in the settings directory that says what was written for which map.
const RecordName = "profiles.json"

// maxRecord bounds it, in bytes: some ten thousand profiles.
const maxRecord = 4 << 20

// Record is what was written last into each file: by Target.For, then by name of profile. It knows what an entry can't
// say: which map it came from, for Databricks also which identity, and which region was ours, so that one that a person
// chose is left alone. It decides nothing about trust, and where it is lost or damaged nothing is known, which removes
// and replaces less.
type Record map[string]map[string]Written

// Written is an entry as it was written.
type Written struct {
	Map      string `json:"map"` // path of the map's file, absolute
	Identity string `json:"identity"`
	Region   string `json:"region,omitempty"`
	Profile  string `json:"profile,omitempty"` // of DefaultChoice: the one that was chosen
	Path     string `json:"path,omitempty"`    // of madeFile: where it was made
}

// madeFile is the name under which the record has a config file that was not there before us; no profile has it.
const madeFile = "[file]"

// LoadRecord reads the record of a settings directory.
func LoadRecord(dir string) Record {
	data, _, err := localfile.Read(filepath.Join(dir, RecordName), maxRecord)
	if err != nil {
		return Record{}
	}
	return parseRecord(data)
}

func parseRecord(data []byte) Record {
	var r Record
	if json.Unmarshal(data, &r) != nil || r == nil { // JSON's null is no error
		return Record{}
	}
	return r
}

// Has reports whether an entry of that name was written into that file.
func (r Record) Has(e Entry) bool { return r[e.For][e.Name].Map != "" }

// Made reports whether a config file was made by us, so that it may go once it is empty.
func (r Record) Made(file, path string) bool { return path != "" && r[file][madeFile].Path == path }

// Into is a target with what the record says that we wrote for tools which are told no profile.
func (r Record) Into(t Target) Target {
	t.WroteDefault, t.Chose = r[t.For][DefaultName].Map != "", r[t.For][DefaultChoice].Profile
	return t
}

// Identity is the one that an entry was written for, "" if unknown.
func (r Record) Identity(e Entry) string { return r[e.For][e.Name].Identity }

// Of reports whether an entry came from a map.
func (r Record) Of(e Entry, mapPath string) bool {
	return r[e.For][e.Name].Map == mapPath && mapPath != ""
}

// OfAnother reports whether an entry came from another map than this one, which is still there: one that is gone was
// moved here.
func (r Record) OfAnother(e Entry, mapPath string) bool {
	if !r.Has(e) || r.Of(e, mapPath) {
		return false
	}
	_, err := os.Lstat(r[e.For][e.Name].Map)
	return !errors.Is(err, fs.ErrNotExist)
}

// KeepRegions leaves regions that a person may have chosen in the file of the AWS tools: all but those that the map has
// changed since they were written. New entries get theirs in any case.
func (r Record) KeepRegions(want []Profile) {
	for i, p := range want {
		was, known := r[ForAWS][p.Name]
		want[i].KeepRegion = !known || was.Region == p.Region
	}
}

// Note notes in the record of a settings directory what is now in the file of a plan, for a map. What other processes noted
// meanwhile stays. Without news nothing is written.
func (r Record) Note(dir string, p *Plan, mapPath string, want []Profile) error {
	if !r.note(p, mapPath, want) {
		return nil
	}
	_, err := atomicfile.Update(filepath.Join(dir, RecordName), 0o600, func(old []byte) ([]byte, error) {
		now := parseRecord(old)
		now.note(p, mapPath, want)
		data, err := json.MarshalIndent(now, "", " ")
		return append(data, '\n'), err
	})
	return err
}

func (r Record) note(plan *Plan, mapPath string, want []Profile) (news bool) {
	file, changes := plan.For, plan.Changes
	if r[file] == nil {
		r[file] = map[string]Written{}
	}
	if plan.made {
		r[file][madeFile] = Written{Path: plan.Path}
		news = true
	}
	for _, p := range want {
		if p.Default && !slices.ContainsFunc(changes, func(c Change) bool { return c.Profile == p.Name }) {
			continue // a person has one of their own
		}
		now := Written{Map: mapPath, Identity: p.Identity, Region: p.Region}
		news = news || r[file][p.Name] != now
		r[file][p.Name] = now
	}
	for _, c := range changes {
		if isChoice(c) && c.Action == Updated {
			r[file][DefaultChoice] = Written{Map: mapPath, Profile: chosen(want)}
			news = true
		}
		if _, known := r[file][c.Profile]; known && c.Action == Removed {
			delete(r[file], c.Profile)
			news = true
		}
	}
	return news
}
