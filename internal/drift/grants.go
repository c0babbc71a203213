package drift

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Grant is one of S3 Access Grants. Its texts are clean.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_ListAccessGrantEntry.html
type Grant struct {
	ID, Account, Region string // of the instance

	Scope       string // s3://bucket/prefix*, or an object
	Permission  string // READ, WRITE or READWRITE
	GranteeType string // IAM, DIRECTORY_USER or DIRECTORY_GROUP
	Grantee     string // ARN, or an ID of the directory
}

// Instance is where an account has its S3 Access Grants in a region.
type Instance struct{ Account, Region string }

// Instances are those that may have grants on the places of some roles' datasets, sorted: S3 wants an instance to be in the
// bucket's region. The map says neither that nor the bucket's account, so that those of the roles are taken.
func Instances(m *accessmap.Map, roles []string) []Instance {
	found := make(map[Instance]bool)
	for _, name := range roles {
		e, err := m.Effective(name)
		if err != nil || !e.AtAWS || len(e.Datasets()) == 0 {
			continue
		}
		if account := accountOf(e.RoleARN); account != "" {
			found[Instance{account, e.Region}] = true
		}
	}
	return slices.SortedFunc(maps.Keys(found), func(a, b Instance) int {
		return strings.Compare(a.Account+a.Region, b.Account+b.Region)
	})
}

// GrantsElsewhere says of which instances grants were not read, "" where none matter: of all but those in the accounts that were read,
// without those that are unread.
func GrantsElsewhere(of []Instance, accounts []string, unread []Unread) string {
	if len(of) == 0 {
		return ""
	}
	var places []string
	for _, i := range of {
		refused := slices.ContainsFunc(unread, func(u Unread) bool { return u.ARN == i.Account && u.Name == i.Region })
		if slices.Contains(accounts, i.Account) && !refused {
			places = append(places, i.Account+" in "+cmp.Or(i.Region, "its region"))
		}
	}
	if len(places) == 0 {
		return "S3 Access Grants: none could be read"
	}
	return "S3 Access Grants of other accounts and regions than " + few(places) + ": a dataset's bucket may be elsewhere"
}

// CompareGrants finds the grants by which someone has more than the map gives of a dataset that some roles have.
func CompareGrants(m *accessmap.Map, roles []string, grants []Grant) (findings []Finding) {
	by, reached := rolesByARN(m), make(map[string]bool)
	for _, role := range roles {
		if e, err := m.Effective(role); err == nil {
			for _, name := range e.Datasets() {
				reached[name] = true
			}
		}
	}
	for _, g := range grants {
		for _, name := range slices.Sorted(maps.Keys(reached)) {
			d := m.Datasets[name]
			if !slices.ContainsFunc(d.Locations, g.meets) {
				continue
			}
			var given []string
			roles := by[g.Grantee]
			for _, role := range roles {
				e, err := m.Effective(role)
				if err == nil && m.Unbounded(role) {
					given = accessmap.Verbs()
				} else if err == nil {
					given = append(given, e.VerbsOn(name)...)
				}
			}
			beyond := slices.DeleteFunc(g.verbs(), func(verb string) bool { return slices.Contains(given, verb) })
			if len(beyond) == 0 {
				continue
			}
			findings = append(findings, newFinding("drift-access-grant", g.Grantee, roles,
				fmt.Sprintf("%s may %s %s by S3 Access Grants (%s on %s), which the map does not give", g.who(), ui.And(beyond), m.Label(name), g.Permission, g.Scope),
				ui.Command("aws s3control delete-access-grant --account-id "+ui.Word(g.Account)+" --region "+ui.Word(g.Region)+" --access-grant-id "+ui.Word(g.ID))))
		}
	}
	return findings
}

// NotListed are the findings for grants that could not be read.
func NotListed(unread []Unread) (findings []Finding) {
	for _, u := range unread {
		findings = append(findings, newFinding("drift-not-compared", u.ARN, nil, "not compared: "+string(u.Part)+" of account "+u.ARN+" in "+u.Name+": "+u.Why,
			ui.Advice("let the one who reads call s3:ListAccessGrants in account "+u.ARN+", and ask again")))
	}
	return findings
}

// rolesByARN are the roles of the map that stand for a role of IAM.
func rolesByARN(m *accessmap.Map) map[string][]string {
	by := make(map[string][]string)
	for _, name := range slices.Sorted(maps.Keys(m.Roles)) {
		if aws := m.Roles[name].AWS; aws != nil && aws.RoleARN != "" {
			by[aws.RoleARN] = append(by[aws.RoleARN], name)
		}
	}
	return by
}

// meets reports whether the scope and a place have something in common. A star may stand before the first slash: the default location
// is all buckets of the region. What a scope means that is not of S3's form is not known, so that it may be anything.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-grants-location.html
func (g Grant) meets(place accessmap.Location) bool {
	begins, known := strings.CutPrefix(g.Scope, "s3://")
	if !known {
		return true
	}
	begins, _, _ = strings.Cut(begins, "*")
	at := place.Bucket + "/" + place.Prefix
	return strings.HasPrefix(at, begins) || strings.HasPrefix(begins, at)
}

// verbs are what a permission amounts to. Who may write may delete:
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-grants-grant.html
func (g Grant) verbs() []string {
	switch g.Permission {
	case "READ":
		return []string{accessmap.Read}
	case "WRITE":
		return []string{accessmap.Write, accessmap.Delete}
	}
	return accessmap.Verbs()
}

func (g Grant) who() string {
	switch g.GranteeType {
	case "DIRECTORY_USER":
		return "the directory's user " + g.Grantee
	case "DIRECTORY_GROUP":
		return "the directory's group " + g.Grantee
	}
	return g.Grantee
}
