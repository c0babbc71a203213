package ui

import (
	"iter"
	"strings"
)

// maxCompared bounds how many words are compared: some are the names in a file that may hold a million.
const maxCompared = 20_000

// Nearest returns the known word that a person probably meant, or "": one that differs by one slip of the finger (none
// in a single letter, two in five letters and more, never more than a third of the word; a swap of neighbours counts as
// one), else the only one that begins with the word. Of equally near ones it is the first in the alphabet.
func Nearest(word string, known iter.Seq[string]) string {
	word = strings.ToLower(word)
	slips := 2
	if len(word) < 5 {
		slips = min(1, len(word)-1)
	}
	nearest, least, compared := "", slips+1, 0
	var longer []string
	for k := range known {
		if compared++; compared > maxCompared {
			break
		}
		lower := strings.ToLower(k)
		if len(word) >= 2 && strings.HasPrefix(lower, word) {
			longer = append(longer, k)
		}
		// A typed word may be of any length, names are short.
		if abs(len(lower)-len(word)) > 4*slips {
			continue
		}
		d := distance([]rune(word), []rune(lower))
		if 3*d <= len(lower) && (d < least || d == least && nearest != "" && k < nearest) {
			nearest, least = k, d
		}
	}
	if nearest == "" && len(longer) == 1 {
		return longer[0]
	}
	return nearest
}

func abs(n int) int { return max(n, -n) }

// distance counts the letters to insert, remove, replace or swap with their neighbour to turn one word into another
// (optimal string alignment).
func distance(a, b []rune) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		before, last, row = last, row, before
		row[0] = i + 1
		for j := range b {
			change := 1
			if a[i] == b[j] {
				change = 0
			}
			row[j+1] = min(last[j+1]+1, row[j]+1, last[j]+change)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(b)]
}
