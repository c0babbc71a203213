package upgrade

import (
	"cmp"
	"slices"
	"strings"
)

// Compare orders two versions, v<semver>, as https://semver.org/#spec-item-11 does: a pre-release comes before its release, and what stands
// behind a plus counts for nothing.
func Compare(a, b string) int {
	aNumber, aPre := parts(a)
	bNumber, bPre := parts(b)
	if order := slices.CompareFunc(aNumber, bNumber, compareIdentifiers); order != 0 {
		return order
	}
	if len(aPre) == 0 || len(bPre) == 0 {
		return cmp.Compare(len(bPre), len(aPre))
	}
	return slices.CompareFunc(aPre, bPre, compareIdentifiers)
}

// parts are the identifiers of a version's number, and of its pre-release.
func parts(version string) (number, pre []string) {
	version, _, _ = strings.Cut(strings.TrimPrefix(version, "v"), "+")
	core, rest, isPre := strings.Cut(version, "-")
	if isPre {
		pre = strings.Split(rest, ".")
	}
	return strings.Split(core, "."), pre
}

// compareIdentifiers orders numbers by what they are worth, before words, which go by their letters. Numbers have no zeros in front.
func compareIdentifiers(a, b string) int {
	switch aIsNumber, bIsNumber := isNumber(a), isNumber(b); {
	case aIsNumber && bIsNumber:
		return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
	case aIsNumber:
		return -1
	case bIsNumber:
		return 1
	}
	return strings.Compare(a, b)
}

func isNumber(identifier string) bool {
	return identifier != "" && strings.Trim(identifier, "0123456789") == ""
}
