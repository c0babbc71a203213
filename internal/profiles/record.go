package profiles

import (
	"encoding/json"
	"path/filepath"

	"github.com/dbxaccess/dbxaccess/internal/atomicfile"
	"github.com/dbxaccess/dbxaccess/internal/localfile"
)

// RecordName is the file in the settings directory that says what was written for which map.
const RecordName = "profiles.json"

// maxRecord bounds it, in bytes: some ten thousand profiles.
const maxRecord = 4 << 20

// Record is what was written last, by name of profile. It knows two things that an entry can't say: which map it came
// from, and which region was ours, so that one that a person chose is left alone. It decides nothing about trust, and
// where it is lost or damaged nothing is known, which removes and replaces less.
type Record map[string]Written

// Written is an entry as it was written.
type Written struct {
	Map    string `json:"map"` // path of the map's file, absolute
	Region string `json:"region,omitempty"`
}

// LoadRecord reads the record of a settings directory.
func LoadRecord(dir string) Record {
	r := Record{}
	data, _, err := localfile.Read(filepath.Join(dir, RecordName), maxRecord)
	if err != nil || json.Unmarshal(data, &r) != nil {
		return Record{}
	}
	return r
}

// Save writes it to a settings directory.
func (r Record) Save(dir string) error {
	data, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	return atomicfile.Write(filepath.Join(dir, RecordName), append(data, '\n'), 0o600)
}

// Of reports whether an entry came from a map.
func (r Record) Of(profile, mapPath string) bool { return r[profile].Map == mapPath && mapPath != "" }

// KeepRegions leaves regions that a person may have chosen: all but those that the map has changed since they were
// written. New entries get theirs in any case.
func (r Record) KeepRegions(want []Profile) {
	for i, p := range want {
		was, known := r[p.Name]
		want[i].KeepRegion = !known || was.Region == p.Region
	}
}

// Note notes what is now in the file, for a map, and reports whether that is news.
func (r Record) Note(mapPath string, want []Profile, changes []Change) (news bool) {
	for _, p := range want {
		now := Written{Map: mapPath, Region: p.Region}
		news = news || r[p.Name] != now
		r[p.Name] = now
	}
	for _, c := range changes {
		if _, known := r[c.Profile]; known && c.Action == Removed {
			delete(r, c.Profile)
			news = true
		}
	}
	return news
}
