package localfile

import (
	"io/fs"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// withoutWaiting: opening waits for nobody here.
const withoutWaiting = 0

func trusted(string, fs.FileInfo) error { return nil }

// OthersMay reports nothing: modes mean nothing here.
func OthersMay(string) (read, write bool) { return false, false }

// Close changes nothing: see OthersMay.
func Close(string, string) ui.Fix { return nil }

// MayKeep is MayMake.
func MayKeep(dir string) error { return MayMake(dir) }
