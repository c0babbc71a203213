package compare

import (
	"slices"
	"strings"
)

// DeletedPrincipals are the IDs that a trust policy, which package evaluate can read, names as principals. IAM puts the ID of a
// role or user in the place of its ARN when it is deleted, and it matches nobody from then on.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
func DeletedPrincipals(document string) (ids []string) {
	statements, err := statementsOf(document, Place{})
	if err != nil {
		return nil
	}
	for i := range statements {
		for _, name := range append(statements[i].Principal["AWS"], statements[i].NotPrincipal["AWS"]...) {
			if isID(name) && !slices.Contains(ids, name) {
				ids = append(ids, name)
			}
		}
	}
	return ids
}

func isID(name string) bool {
	const least = 16
	return len(name) >= least && name[0] == 'A' && strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}
