package accessmap

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A letter with its mark behind it, as file systems and editors of macOS write it; Å as the sign of a unit.
const decomposed, angstrom = "o\u0308", "\u212b"

func TestTextsThatAreNotNormal(t *testing.T) {
	t.Parallel()
	text := peopleMap(`groups: {"K`+decomposed+`ln": [churn-reader], "team-K`+decomposed+`*": [churn-reader], "Köln": [churn-reader], cologne: [churn-reader]}, `+
		`signed_tags: {cologne: {unit: "`+angstrom+`"}}, claims: [{match: {sub: "bj`+decomposed+`rn", email: "björn@x"}, roles: [churn-reader]}]`,
		"roles:\n"+aRole("churn-reader", `}, tags: {unit: "`+angstrom+`", town: Köln}`))
	want := []string{
		`3:3 identity acme: signed tag "unit" as "` + angstrom + `" is not in Unicode's form NFC, so it is not equal to what looks the same: write "\u00c5"`,
		`3:60 identity acme: group "K` + decomposed + `ln" is not in Unicode's form NFC, so it is not equal to what looks the same: write "K\u00f6ln"`,
		`3:85 identity acme: group "team-K` + decomposed + `*" is not in Unicode's form NFC, so it is not equal to what looks the same: write "team-K\u00f6*"`,
		`3:210 identity acme: claim "sub" as "bj` + decomposed + `rn" is not in Unicode's form NFC, so it is not equal to what looks the same: write "bj\u00f6rn"`,
		`5:3 role churn-reader: tag "unit" as "` + angstrom + `" is not in Unicode's form NFC, so it is not equal to what looks the same: write "\u00c5"`,
	}
	if diff := cmp.Diff(want, linted(t, notNormal, text)); diff != "" {
		t.Error(diff)
	}
}

// What is written as the warning says is told of no more, and is the group that a provider sends.
func TestTheNormalTextIsTheOneThatMatches(t *testing.T) {
	t.Parallel()
	text := peopleMap(`groups: {"K`+decomposed+`ln": [churn-reader]}`, "roles:\n"+aRole("churn-reader", "}"))
	_, advice, _ := strings.Cut(linted(t, notNormal, text)[0], ": write ")
	text = strings.Replace(text, `"K`+decomposed+`ln"`, advice, 1)
	m := parsed(t, text)
	if found := linted(t, notNormal, text); found != nil || m.Identities["acme"].Groups["Köln"] == nil {
		t.Errorf("%q, %v", found, m.Identities["acme"].Groups)
	}
}

func TestALongTextIsNotWrittenOut(t *testing.T) {
	t.Parallel()
	text := peopleMap(`groups: {"`+strings.Repeat(decomposed, 100)+`": [churn-reader]}`, "roles:\n"+aRole("churn-reader", "}"))
	if found := linted(t, notNormal, text); len(found) != 1 || !strings.HasSuffix(found[0], "write it in that form") || len(found[0]) > 600 {
		t.Errorf("%q", found)
	}
}
