package sts

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/iam"
)

// SessionName makes the role session name under which CloudTrail shows a person: the e-mail address, else the user
// name, else the subject. Characters that AWS does not take are replaced; where that or cutting to 64 characters lost
// anything, a short digest of the original is added, so that two people never share a name, and the same person always
// gets the same one.
func SessionName(email, username, subject string) string {
	original := cmp.Or(email, username, subject)
	legal := strings.Map(func(r rune) rune {
		if iam.NotInName(r) {
			return '-'
		}
		return r
	}, original)
	if legal == original && legalName(legal) {
		return legal
	}
	sum := sha256.Sum256([]byte(original))
	digest := "-" + hex.EncodeToString(sum[:4])
	return legal[:min(len(legal), iam.MaxName-len(digest))] + digest
}
