package doctor

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/config"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// checkRecord tells where the record can't be kept: programs that ask for credentials all day are told of it rarely.
func (d *examination) checkRecord(settings *config.Settings, m *accessmap.Map) {
	if settings == nil {
		return
	}
	dir := filepath.Join(settings.Dir, "audit")
	err := writable(dir)
	if errors.Is(err, fs.ErrNotExist) { // it is made with the first record
		err = writable(settings.Dir)
	}
	if err == nil || errors.Is(err, fs.ErrNotExist) { // no settings yet: they are made by login
		return
	}
	f := Finding{
		ID: "record-unwritable", Subject: dir, Status: Warning, What: "the record can't be written: " + ui.Told(err),
		Why: "credentials are issued unrecorded", Fix: ui.Advice("see that you can write " + dir + ", and that its disk is not full"),
	}
	if m != nil && m.Audit.OnFailure == accessmap.Deny {
		f.Status, f.Why = Fault, "the access map allows nothing unrecorded (audit: on_failure: deny), so nothing is issued"
	}
	d.add(f)
}

// writable returns why no file can be made in a directory.
func writable(dir string) error {
	file, err := os.CreateTemp(dir, ".doctor-*")
	if err != nil {
		return err
	}
	_, err = file.WriteString("dbxaccess doctor\n") // a full disk still makes empty files
	return errors.Join(err, file.Close(), os.Remove(file.Name()))
}
