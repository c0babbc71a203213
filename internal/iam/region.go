package iam

import "strings"

// IsRegion reports whether a text has the form of an AWS region, as in us-east-1 or us-gov-west-1, so that as a label
// of a host name it can be nothing else. The form is strict because of S3: anyone can own the bucket sts, which is
// sts.s3-eu-west-1.amazonaws.com. It is no regular expression, because compiling one would cost every start.
func IsRegion(s string) bool {
	words := strings.Split(s, "-")
	last := len(words) - 1
	if last < 2 || last > 4 || len(words[0]) > 5 || !within(words[last], 1, 2, "0123456789") {
		return false
	}
	for _, word := range words[:last] {
		if !within(word, 2, 12, "abcdefghijklmnopqrstuvwxyz") {
			return false
		}
	}
	return true
}

// within reports whether a word has so many characters, all of an alphabet.
func within(word string, least, most int, alphabet string) bool {
	return least <= len(word) && len(word) <= most && strings.Trim(word, alphabet) == ""
}
