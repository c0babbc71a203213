package account

import (
	"cmp"
	"path/filepath"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/source"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

type statusMap struct {
	Path     string `json:"path"`
	From     string `json:"from,omitempty"`
	SHA256   string `json:"sha256,omitempty"`
	SignedBy string `json:"signed_by,omitempty"`         // the minisign key that each version has to be signed by
	Comment  string `json:"signature_comment,omitempty"` // what its author said in signing this one
	// Of a copy; a map that the environment names is read as it is.
	Compared *time.Time `json:"compared,omitempty"`   // when the copy was last found to be what is where it came from
	Expires  *time.Time `json:"expires,omitempty"`    // when it may no longer be used
	Waiting  string     `json:"waiting,omitempty"`    // SHA-256 of a version that gives more and was not agreed to
	Problem  string     `json:"problem,omitempty"`    // why it could not be compared when that was last tried
	Tried    *time.Time `json:"last_tried,omitempty"` // when that was; only beside waiting or problem

	signer string // for people
}

func mapStatus(path string, named bool) statusMap {
	s := statusMap{Path: path}
	if named {
		return s
	}
	origin, err := source.LoadOrigin(filepath.Dir(path))
	if err != nil {
		return s
	}
	age := source.AgeOf(filepath.Dir(path), origin)
	s.From, s.SHA256, s.Compared = origin.Display(), origin.SHA256, &age.At
	s.SignedBy, s.Comment, s.signer = origin.SignedBy, origin.Comment, origin.Signer()
	if ends := age.Ends(); !ends.IsZero() {
		s.Expires = &ends
	}
	if s.Waiting, s.Problem = age.Waiting, age.Problem; s.Waiting != "" || s.Problem != "" {
		s.Tried = &age.Tried
	}
	return s
}

// lines are for people; the first says where the map is from.
func (s statusMap) lines(now time.Time) []string {
	lines := []string{cmp.Or(s.From, s.Path)}
	if s.Compared == nil {
		return lines
	}
	if s.signer != "" {
		lines = append(lines, "signed by "+s.signer)
	}
	age := "compared " + ago(*s.Compared, now)
	if s.Expires != nil {
		age += ", expires in " + ui.Remaining(*s.Expires, now)
	}
	lines = append(lines, age)
	switch {
	case s.Waiting != "":
		lines = append(lines, "a newer version gives more and waits for you to agree: dbxaccess init")
	case s.Problem != "":
		lines = append(lines, "could not be compared "+ago(*s.Tried, now)+": "+s.Problem)
	}
	return lines
}

// ago says how long something is past, or where the clock went back, that it is to come.
func ago(t, now time.Time) string {
	switch d := now.Sub(t); {
	case d < -time.Minute:
		return "on " + ui.Local(t) + ", which is to come"
	case d < time.Minute:
		return "just now"
	default:
		return ui.Remaining(now, t) + " ago"
	}
}
