package source

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/idp"
)

// compare orders identities by issuer, then by all they hold: two that are equal are kept as the same JSON.
func (i TrustedIdentity) compare(j TrustedIdentity) int {
	a, _ := json.Marshal(i) // never fails: there is nothing but text in it
	b, _ := json.Marshal(j)
	return cmp.Or(cmp.Compare(i.Issuer, j.Issuer), bytes.Compare(a, b))
}

// pairs writes parameters as name="value", sorted by name.
func pairs(parameters map[string]string) []string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		all = append(all, fmt.Sprintf("%s=%q", name, parameters[name]))
	}
	return all
}

// String is the identity in one line, for a person to approve.
func (i TrustedIdentity) String() string {
	switch {
	case i.Token != nil:
		return fmt.Sprintf("%s (%s)", i.Issuer, origin(i.Token))
	case i.StartURL != "":
		return fmt.Sprintf("%s (IAM Identity Center in %s)", i.StartURL, i.SSORegion)
	}
	s := fmt.Sprintf("%s (client %s", i.Issuer, i.ClientID)
	if i.Kind != "" {
		s += ", taken for " + i.Kind
	}
	if i.DeviceEndpoint != "" {
		s += ", device codes from " + i.DeviceEndpoint
	}
	if len(i.VerificationHosts) > 0 {
		s += ", approved at " + strings.Join(i.VerificationHosts, ", ")
	}
	if i.Audience != "" {
		s += ", tokens for " + i.Audience
	}
	if len(i.Parameters) > 0 {
		s += ", with " + strings.Join(pairs(i.Parameters), " ")
	}
	return s + ")"
}

// origin says where a token comes from and who it is for. A command is code that will run here: it is written in full,
// each word in quotes, with everything beyond ASCII as its number, since some letters look like others.
func origin(t *idp.TokenSource) string {
	s := "from " + t.From
	switch t.From {
	case idp.FromGitHub:
		s = "from GitHub Actions"
	case idp.FromFile:
		s = fmt.Sprintf("from the file %q", t.Path)
	case idp.FromEnv:
		s = "from the environment variable " + t.Name
	case idp.FromCommand:
		words := make([]string, len(t.Argv))
		for i, word := range t.Argv {
			words[i] = fmt.Sprintf("%+q", word)
		}
		s = "printed by the command " + strings.Join(words, " ") + ", which runs on this machine"
	case idp.FromAWS:
		s = "from AWS STS in " + t.Region
	}
	return s + ", for " + t.Audience
}
