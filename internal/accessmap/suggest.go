package accessmap

import (
	"iter"
	"strings"
)

const (
	// maxDistance is how many letters may be wrong for a name still to be suggested.
	maxDistance = 2
	// maxSuggestions bounds how often a file is searched for something similar: a hostile one would make that slow.
	maxSuggestions = 50
	// maxCompared bounds how many names are compared with one that is unknown.
	maxCompared = 20_000
)

// similar returns the known name that unknown was most likely meant to be, or "". Case and the choice between "-", "_"
// and nothing count for less than a letter.
func similar(unknown string, known iter.Seq[string]) string {
	best, bestDistance, compared := "", maxDistance+1, 0
	wanted := folded(unknown)
	for name := range known {
		if compared++; compared > maxCompared {
			break
		}
		candidate := folded(name)
		difference := len(candidate) - len(wanted)
		if difference > maxDistance || difference < -maxDistance {
			continue
		}
		distance := editDistance(wanted, candidate)
		if distance*3 > len(candidate) && distance > 0 {
			continue // most of a short name is wrong: that is another name
		}
		if distance < bestDistance || distance == bestDistance && name < best {
			best, bestDistance = name, distance
		}
	}
	return best
}

// didYouMean is similar as the end of a sentence.
func didYouMean(unknown string, known iter.Seq[string]) string {
	if name := similar(unknown, known); name != "" {
		return "; did you mean " + name + "?"
	}
	return ""
}

func folded(name string) string {
	const longest = 64 // longer than every name that is allowed
	name = strings.ToLower(name[:min(len(name), longest)])
	return strings.NewReplacer("-", "", "_", "").Replace(name)
}

// editDistance counts the letters to insert, delete, replace or swap with their neighbour to make a out of b.
func editDistance(a, b string) int {
	before, previous, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, previous, row = previous, row, before
		row[0] = i
		for j := 1; j <= len(b); j++ {
			same := 1
			if a[i-1] == b[j-1] {
				same = 0
			}
			row[j] = min(previous[j]+1, row[j-1]+1, previous[j-1]+same)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return row[len(b)]
}
