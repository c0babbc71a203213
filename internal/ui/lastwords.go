package ui

import "strings"

// maxLastWords bounds what is told of a program's complaints, in runes.
const maxLastWords = 200

// LastWords is the last line with something in it that a program wrote to stderr, cleaned and cut, without anything that
// looks like a JWT; "" if there is none.
func LastWords(stderr []byte) string {
	last := ""
	for line := range strings.Lines(string(stderr)) {
		if line = strings.TrimSpace(line); line != "" {
			last = line
		}
	}
	words := strings.Fields(Clean(last))
	for i, word := range words {
		if strings.Contains(word, "eyJ") { // how {" begins in base64, and so every JWT
			words[i] = "[redacted]"
		}
	}
	return Cut(strings.Join(words, " "), maxLastWords)
}
