package accessmap

import (
	"crypto/sha256"
	"encoding/hex"
)

// bytesPerReference is about how much of a map there is for each name in it that stands for something else.
const bytesPerReference = 48

// Parse reads an access map of at most MaxSize bytes. name is what its problems are reported under, usually its path or
// address. The error is a *Problems with everything that is wrong; a Map is returned only where nothing is.
//
// A byte order mark and any line ends are accepted.
func Parse(name string, data []byte) (*Map, error) {
	d := &decoder{
		report: report{limit: maxProblems}, warnings: warnings{limit: maxProblems},
		acknowledged: make(acknowledgements), identityAt: make(map[string]position), groupAt: make(map[groupRule]position),
		centers: make(map[string]string), signIns: make(map[string]*Identity),
		references: make([]reference, 0, len(data)/bytesPerReference),
	}
	m := &Map{
		Identities: make(map[string]*Identity),
		Workspaces: make(map[string]*Workspace),
		Datasets:   make(map[string]*Dataset),
		Roles:      make(map[string]*Role),
		gives:      make(map[string]map[string]bool),
	}
	root := readDocument(data, &d.report)
	if root != nil && read(d, root, "access map", place(root), mapFields, m) != nil {
		d.resolve(m)
	}
	m.warnings, m.acknowledged, m.identityAt, m.groupAt = d.warnings.list, d.acknowledged, d.identityAt, d.groupAt
	if err := d.err(name); err != nil {
		return nil, err
	}
	m.written(root)
	sum := sha256.Sum256(data)
	m.digest = hex.EncodeToString(sum[:])
	return m, nil
}

// Digest is the SHA-256 in hex of the bytes that the map was parsed of.
func (m *Map) Digest() string { return m.digest }
