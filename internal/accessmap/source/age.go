package source

import (
	"encoding/json"
	"path/filepath"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/atomicfile"
	"github.com/dbxaccess/dbxaccess/internal/localfile"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Compared is when the copy was last compared with what is where it came from. It lies in a file of its own: who
// notes it can't spoil the copy or its origin.
type Compared struct {
	SHA256  string    `json:"sha256"`            // of the copy; a note on another one counts for nothing
	At      time.Time `json:"at"`                // when it was last the same
	Tried   time.Time `json:"tried"`             // when that was last asked, whatever came of it
	Waiting string    `json:"waiting,omitempty"` // SHA-256 of a version that has to be agreed to
	Problem string    `json:"problem,omitempty"` // why it could not be compared then, in one line
}

// pause is between two tries to compare a copy beside a command, so that neither a server that is down nor a version
// that waits costs each command a request.
const pause = 10 * time.Minute

// Age is how old a copy is, and how old it may be.
type Age struct {
	Compared
	maxAge, expires time.Duration // 0: the map does not say
}

// AgeOf is the age of the copy that has this origin. It is counted from when the copy was last found to be what is
// where it came from; what can't be read counts for nothing.
func AgeOf(dir string, o *Origin) Age {
	age := Age{maxAge: time.Duration(o.MaxAge) * time.Second, expires: time.Duration(o.Expires) * time.Second}
	data, _, err := readFile(localfile.ReadTrusted, filepath.Join(dir, ComparedName))
	if err != nil || json.Unmarshal(data, &age.Compared) != nil || age.SHA256 != o.SHA256 {
		age.Compared = Compared{SHA256: o.SHA256, At: o.Fetched, Tried: o.Fetched}
	}
	return age
}

// Stale reports whether the copy is to be compared again beside a command.
func (a Age) Stale(now time.Time) bool {
	old := a.maxAge > 0 && apart(now, a.At) > a.maxAge || a.Expired(now) != nil
	return old && apart(now, a.Tried) > pause
}

// Ends is when the copy expires; zero for never.
func (a Age) Ends() time.Time {
	if a.expires == 0 {
		return time.Time{}
	}
	return a.At.Add(a.expires)
}

// Expired is the error of a copy that must not be used any more; nil for one that may.
func (a Age) Expired(now time.Time) error {
	old := apart(now, a.At)
	if a.expires == 0 || old <= a.expires {
		return nil
	}
	why := ""
	if a.Problem != "" {
		why = "; the last try to fetch it again failed: " + a.Problem
	}
	return ui.Errorf("map-expired", ui.Failed, "the copy of the access map was last compared %s, and the map allows %s%s",
		ui.Local(a.At), ui.Remaining(now.Add(a.expires), now), why).With(ui.Command("dbxaccess init"))
}

// apart is the time between two points, whichever comes first: a copy of the future is as old as it is far, since one
// of the two clocks was wrong and nobody knows by how much.
func apart(a, b time.Time) time.Duration { return a.Sub(b).Abs() }

// note keeps what was found. Where it can't be written, the copy counts as older than it is.
func note(dir string, c Compared) {
	data, _ := json.MarshalIndent(c, "", "  ") // never fails: there is nothing but text and times in it
	_ = atomicfile.WriteOwn(filepath.Join(dir, ComparedName), append(data, '\n'), 0o600)
}
