package sts

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/dbxaccess/dbxaccess/internal/iam"
)

// amount finds a number with its unit in a sentence of AWS: "157%", "4,410 bytes".
var amount = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\b([0-9][0-9,]{0,11}) ?(%|percent\b|bytes?\b)`)
})

// tooMuch says by how much a session policy with its tags is too large. AWS says it in percent of a limit of its own,
// "Packed policy consumes 157% of allotted space", and since November 2026 in bytes of the session token, of which
// there are iam.MaxSessionToken; any other sentence says it without numbers.
func tooMuch(said string) string {
	bytes, percent := 0, 0
	for _, found := range amount().FindAllStringSubmatch(said, -1) {
		n, err := strconv.Atoi(strings.ReplaceAll(found[1], ",", ""))
		switch {
		case err != nil:
		case strings.HasPrefix(strings.ToLower(found[2]), "byte"):
			bytes = max(bytes, n) // the other is the limit
		default:
			percent = max(percent, n)
		}
	}
	switch {
	case bytes > iam.MaxSessionToken:
		return fmt.Sprintf("the session token would have %d bytes of %d, because of the session policy and tags", bytes, iam.MaxSessionToken)
	case percent > 100:
		return fmt.Sprintf("the session policy and tags take %d %% of the room that AWS has for them", percent)
	}
	return "the session policy and tags are too large once packed"
}
