// Package stamp tells one state of an access map's file from another without reading it.
//
// In comes a path, out comes the Stamp of the file that is there. What was found right by a map keeps the map's Stamp, and holds
// while the file has the same. It must never call a changed file unchanged, and is of the packages that a warm answer is made
// of: it imports no part of the map's language.
package stamp

import (
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Stamp tells one state of a map's file from another without reading it. Cached credentials keep it: while it is the
// same, the map needs no parsing.
type Stamp struct {
	Path    string    `json:"path"` // absolute
	Size    int64     `json:"size"` // bytes
	ModTime time.Time `json:"mod_time"`
	// Changed is when the file or its owner or mode was last changed, by the system's own clock: no program can set it
	// back. Zero on Windows.
	Changed time.Time `json:"changed"`
	Inode   uint64    `json:"inode"` // 0 on Windows
	// Until is when this state of a copy expires, which the file itself does not tell; zero for never.
	Until time.Time `json:"until,omitzero"`
}

// Good reports whether a file that has this stamp now is what it was, and did not expire meanwhile.
func (s Stamp) Good(file Stamp, now time.Time) bool {
	return s.Equal(file) && (s.Until.IsZero() || now.Before(s.Until))
}

// Of looks at a file, links followed. The error is that of package os and satisfies errors.Is(err,
// fs.ErrNotExist) where there is no file.
func Of(path string) (Stamp, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return Stamp{}, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return Stamp{}, err
	}
	return From(path, info), nil
}

// From is the stamp of a file at an absolute path by what the system says of it.
func From(path string, info fs.FileInfo) Stamp {
	s := Stamp{Path: path, Size: info.Size(), ModTime: info.ModTime()}
	s.Changed, s.Inode = kept(info)
	return s
}

// Equal reports whether two stamps are of the same state of the same file.
func (s Stamp) Equal(other Stamp) bool {
	return s.Path == other.Path && s.Size == other.Size && s.ModTime.Equal(other.ModTime) && s.Changed.Equal(other.Changed) &&
		s.Inode == other.Inode
}
