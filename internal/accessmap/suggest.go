package accessmap

import (
	"iter"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// maxSuggestions bounds how often a file is searched for something similar: a hostile one would make that slow.
const maxSuggestions = 50

// suggest is didYouMean, a bounded number of times for one file.
func (d *decoder) suggest(unknown string, known iter.Seq[string]) string {
	if d.suggested++; d.suggested > maxSuggestions {
		return ""
	}
	return didYouMean(unknown, known)
}

// didYouMean is the end of a sentence about a name that is not known; "" where none is near.
func didYouMean(unknown string, known iter.Seq[string]) string {
	if near := ui.Nearest(unknown, known); near != "" {
		return suggestion(near)
	}
	return ""
}

func suggestion(name string) string { return "; did you mean " + name + "?" }
