package render

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/desired"
)

// A name follows from the ARN alone: if it hung on what else is rendered, another role in the map would rename this one, and
// Terraform and CloudFormation would delete and create it. Two ARNs never share a name: what a name can't show whole gets a
// part of the ARN's digest at its end, and what ends like that by itself gets one too.

// address is the name of a resource in Terraform, as in trainer_111122223333.
func address(text string) string {
	a, _ := arn.Parse(text)
	name := identifier(named(a.Resource), text)
	if a.AccountID == "" {
		return name
	}
	return name + "_" + a.AccountID
}

// named is what of an ARN's resource people know it by: a role's or profile's name, a provider's host and path.
func named(resource string) string {
	_, name, _ := strings.Cut(resource, "/")
	return name
}

// identifier makes a legal name of Terraform: letters, digits, _ and -, of which none but a letter begins it.
func identifier(name, whole string) string {
	legal := strings.Map(func(r rune) rune {
		if letter(r) || digit(r) || r == '-' || r == '_' {
			return r
		}
		return '_'
	}, name)
	if legal == name && name != "" && letter(rune(name[0])) && !endsInDigest(name) {
		return name
	}
	if legal == "" || !letter(rune(legal[0])) {
		legal = "x" + legal
	}
	return legal + "_" + digest(whole)
}

// logicalID is the name of a resource in CloudFormation, letters and digits alone: what it is, then its name.
func logicalID(kind, text string) string {
	a, _ := arn.Parse(text)
	name := named(a.Resource)
	var id strings.Builder
	shown, begins := true, true // whether id tells all of the name; whether a word begins
	for i, r := range name {
		switch {
		case !letter(r) && !digit(r):
			shown = shown && r == '-' && !begins && i < len(name)-1
			begins = true
		case begins:
			shown = shown && 'a' <= r && r <= 'z'
			id.WriteString(strings.ToUpper(string(r)))
			begins = false
		default:
			shown = shown && (digit(r) || 'a' <= r && r <= 'z')
			id.WriteRune(r)
		}
	}
	if shown && name != "" && !endsInDigest(name) {
		return kind + id.String()
	}
	return kind + id.String() + digest(text)
}

// ofAddress is a name for what has no ARN, by all that tells it from others.
func ofAddress(name string, parts ...string) string {
	return identifier(name, strings.Join(parts, "\x00"))
}

// ofID is a name for what is known by a UUID, which it shows whole.
func ofID(kind, id string) string {
	if strings.IndexFunc(id, func(r rune) bool { return !letter(r) && !digit(r) && r != '-' }) < 0 {
		return kind + "_" + id
	}
	return ofAddress(kind+"_"+id, kind, id)
}

// rolePath splits the resource of a role or profile into its path and name.
func rolePath(text string) (path, name string) {
	a, _ := arn.Parse(text)
	rest := named(a.Resource)
	end := strings.LastIndexByte(rest, '/') + 1
	return "/" + rest[:end], rest[end:]
}

// findRole is a role by its ARN, nil where it is named here and not written.
func findRole(s *desired.State, text string) *desired.Role {
	for i := range s.Roles {
		if s.Roles[i].ARN == text {
			return &s.Roles[i]
		}
	}
	return nil
}

const digestLength = 8

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])[:digestLength]
}

// endsInDigest reports whether a name could be one that has a digest at its end.
func endsInDigest(name string) bool {
	return len(name) >= digestLength && strings.Trim(name[len(name)-digestLength:], "0123456789abcdef") == ""
}

func letter(r rune) bool { return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' }
func digit(r rune) bool  { return '0' <= r && r <= '9' }
