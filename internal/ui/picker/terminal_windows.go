package picker

import (
	"os"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// terminal is none: a console's keys come with other events, and are not read yet.
type terminal struct{}

func take(*os.File, *ui.Screen) (*terminal, error) { return nil, errNoKeys }

func (*terminal) read(*typed) (silent bool, err error) { return false, errNoKeys }
func (*terminal) draw(*list) error                     { return errNoKeys }
func (*terminal) leave()                               {}
func (*terminal) resume()                              {}
func (*terminal) end()                                 {}
