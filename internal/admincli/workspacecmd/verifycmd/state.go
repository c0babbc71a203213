package verifycmd

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/dbxaccess/dbxaccess/internal/atomicfile"
	"github.com/dbxaccess/dbxaccess/internal/localfile"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
	"github.com/dbxaccess/dbxaccess/internal/workspace/verify"
)

// maxState bounds a file that a run is kept in, in bytes: ten times what the most findings take.
const maxState = 256 << 20

// shelf is where runs of one workspace are kept: the last that ended, and one that has not.
type shelf struct{ ended, unfinished string }

// shelfOf is below the directory of the settings. A workspace's name there says nothing of its host.
func shelfOf(settings, host, workspaceID string) shelf {
	sum := secret.Digest("workspace verify", host, workspaceID)
	base := filepath.Join(settings, "verify", hex.EncodeToString(sum[:8]))
	return shelf{base + ".json", base + ".unfinished.json"}
}

// load reads a run. One that can't be read, that another user could have written, or that is damaged, is as none: what is looked at twice
// does no harm.
func load(path string) *verify.State {
	data, _, err := localfile.ReadTrusted(path, maxState)
	var s verify.State
	if err != nil || json.Unmarshal(data, &s) != nil {
		return nil
	}
	return &s
}

// save keeps a run: at the one place until it ends, at the other then.
func (s shelf) save(run *verify.State) error {
	path := s.unfinished
	if !run.Ended.IsZero() {
		path = s.ended
	}
	data, err := json.Marshal(run)
	if err == nil {
		err = atomicfile.WriteOwn(path, append(data, '\n'), 0o600)
	}
	if err == nil && path == s.ended {
		if err = os.Remove(s.unfinished); errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
	}
	if err != nil {
		return ui.Errorf("verify-state-unwritable", ui.Failed, "keeping how far the run is: %w", err).
			With(ui.Advice("see that " + ui.Clean(filepath.Dir(path)) + " can be written to"))
	}
	return nil
}
