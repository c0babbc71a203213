package source

import "github.com/dbxaccess/dbxaccess/internal/accessmap/stamp"

// Stamp is that of a map's file: see package stamp.
type Stamp = stamp.Stamp

// StampOf looks at a file, links followed: see stamp.Of.
func StampOf(path string) (Stamp, error) { return stamp.Of(path) }
