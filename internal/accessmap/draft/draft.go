// Package draft begins an access map.
//
// In comes what an author says of their organisation, an answer to each question; out comes the text of a map, with comments, that
// `map check --strict` finds nothing in. It must write nothing that it was not told or that the tables of providers do not say, and no value
// that its question refuses.
package draft

import (
	"cmp"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/iam"
)

// Schema is the file that the map names to editors: what `map schema` prints.
const Schema = "access-map.schema.json"

// pages is where the documentation is.
const pages = "https://github.com/dbxaccess/dbxaccess/blob/main/docs/"

// Role is the name of the map's first role, after the role or permission set at AWS.
func (a Answers) Role() string {
	name := a["role-name"]
	return nameOf(name[strings.LastIndexByte(name, '/')+1:], "first-role")
}

// Dataset is the name of the map's first dataset, after the last part of its place.
func (a Answers) Dataset() string {
	place := strings.TrimSuffix(strings.TrimPrefix(a["dataset"], "s3://"), "/")
	return nameOf(place[strings.LastIndexByte(place, '/')+1:], "first-dataset")
}

// nameOf makes a name of the map's of a text, or takes another one where nothing of it can be kept.
func nameOf(text, otherwise string) string {
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || strings.ContainsRune("._-", r) {
			return r
		}
		return '-'
	}, strings.ToLower(text))
	name = strings.Trim(name[:min(len(name), 63)], "._-")
	return cmp.Or(name, otherwise)
}

// arn is that of an IAM role.
func arn(partition, account, role string) string {
	return "arn:" + partition + ":iam::" + account + ":role/" + role
}

// Write is the map. Answers that are right one by one and not together are an *accessmap.Problems.
func Write(a Answers) (string, *accessmap.Map, error) {
	for _, q := range Questions(a) {
		if err := q.Check(a[q.Key]); err != nil {
			return "", nil, q.Wrong(err)
		}
	}
	var b strings.Builder
	a.write(func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) })
	m, err := accessmap.Parse("the new map", []byte(b.String()))
	return b.String(), m, err
}

func (a Answers) write(line func(format string, args ...any)) {
	line("# yaml-language-server: $schema=%s", Schema)
	line("# The access map: who may take which roles, and what each role may do.")
	line("# There are no secrets in it. Keep it where changes are reviewed.")
	line("# Every key: %smap.md", pages)
	line("version: 1")
	if a["contact"] != "" {
		line("contact: %s  # whom people ask for access", quoted(a["contact"]))
	}
	line("\nidentities:")
	if a["provider"] == IdentityCenter {
		a.writeCenter(line)
	} else {
		a.writeProvider(line)
	}
	if a["workspace"] != "" {
		line("\nworkspaces:")
		line("  prod:")
		line("    host: %s", quoted(a["workspace"]))
		if a["provider"] == IdentityCenter {
			line("    login: browser  # there is no ID token to exchange, so people sign in here once more")
		}
	}
	if a["provider"] != IdentityCenter {
		line("\ndatasets:")
		line("  %s:", a.Dataset())
		line("    location: %s  # what is below it, and nothing beside it", quoted(a["dataset"]))
		line("    sensitivity: internal  # or public, confidential, restricted: rules go by it")
	}
	a.writeRole(line)
}

func (a Answers) writeProvider(line func(format string, args ...any)) {
	kind := a.kind()
	line("  company:  # a name of your own")
	line("    # What to set up there: %sproviders/%s.md", pages, kind.Name)
	if a["provider"] == kind.Name {
		line("    kind: %s", kind.Name)
	}
	line("    issuer: %s  # byte for byte as in the tokens: a slash at the end counts", quoted(a["issuer"]))
	line("    client_id: %s", quoted(a["client-id"]))
	for _, key := range kind.Keys {
		line("    %s: %s", key[0], key[1])
	}
	line("    # AWS can't see groups. Before a second role, let the trust policies list sub, or have tags signed:")
	line("    # %sproviders/README.md#what-aws-can-check", pages)
	if kind.NoGroups {
		line("    claims:  # what the ID token has to hold, and the roles that it gives")
		line("      - { match: { hd: %s }, roles: [%s] }", quoted(strings.ToLower(a["group"])), a.Role())
		return
	}
	line("    groups:  # a group as the provider writes it, and the roles that it gives")
	line("      %s: [%s]", quoted(a["group"]), a.Role())
}

func (a Answers) writeCenter(line func(format string, args ...any)) {
	line("  company:  # a name of your own")
	line("    # AWS IAM Identity Center: %sproviders/identity-center.md", pages)
	line("    start_url: %s", quoted(a["start-url"]))
	line("    sso_region: %s", a["sso-region"])
	line("    roles: [%s]  # offered to the people that it assigns them to", a.Role())
}

func (a Answers) writeRole(line func(format string, args ...any)) {
	line("\nroles:")
	line("  %s:", a.Role())
	if a["provider"] == IdentityCenter {
		line("    description: The permission set %s", a["role-name"])
		line("    aws: { account_id: %q, role_name: %q, region: %s }", a["account"], a["role-name"], a["region"])
		line("    unrestricted: true  # it may do what its permission set may; datasets narrow a role that is assumed from it")
	} else {
		line("    description: Read %s  # a line for people", a.Dataset())
		line("    aws: { role_arn: %q, region: %s }", arn(iam.PartitionOf(a["region"]).Name, a["account"], a["role-name"]), a["region"])
	}
	if a["workspace"] != "" {
		line("    workspace: prod")
	}
	if a["provider"] != IdentityCenter {
		line("    read: [%s]  # to write: readwrite, and delete for Spark", a.Dataset())
	}
}

// quoted is a text as YAML has it, in quotes where it needs them.
func quoted(text string) string {
	written, err := yaml.Marshal(text)
	if err != nil { // never: a text can be written
		return fmt.Sprintf("%q", text)
	}
	return strings.TrimSuffix(string(written), "\n")
}
