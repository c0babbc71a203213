package cli

import (
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/config"
	"github.com/dbxaccess/dbxaccess/internal/config/settings"
	"github.com/dbxaccess/dbxaccess/internal/profiles"
)

// NamingOf is what the person's settings say of the names of profiles.
func NamingOf(s *config.Settings) access.Naming {
	return access.Naming{Prefix: s.ProfilePrefix, Usual: settings.Find("profile_prefix").Default, Template: s.ProfileName}
}

// profileOwners returns which identity an entry belongs to: by the entry itself, the AWS profile of the same name, the
// record, or the access map if the view has one; "" if unknown.
func profileOwners(env *Env, view *access.View, record profiles.Record) func(profiles.Entry) string {
	owners := map[string]string{}
	if aws, err := env.AWSFile(); err == nil {
		entries, _ := aws.List() // a file that can't be read is the other plan's error
		for _, e := range entries {
			owners[e.Name] = e.Identity
		}
	}
	return func(e profiles.Entry) string {
		owner, written := owners[e.Name]
		switch {
		case e.For == profiles.ForAWS:
			return e.Identity
		case written:
			return owner
		case record.Has(e) || view.Map == nil:
			return record.Identity(e)
		}
		identity, _, _, _ := view.RoleOfProfile(e.Name)
		return identity
	}
}

// RolesOfProfiles returns which identity and role a profile's name stands for by the access map; "" for none. It is for
// entries of Databricks alone, which name neither.
func RolesOfProfiles(env *Env) func(profile string) (identity, role string) {
	settings, err := env.Settings()
	m, _, mapErr := env.Map()
	if err != nil || mapErr != nil {
		return func(string) (identity, role string) { return "", "" }
	}
	view := &access.View{Map: m, Naming: NamingOf(settings).Of(m)}
	return func(profile string) (identity, role string) {
		identity, role, _, _ = view.RoleOfProfile(profile)
		return identity, role
	}
}

// ours: AWS entries are marked as ours; a Databricks entry that has neither a name of ours nor was written with another one
// was named by the user.
func ours(view *access.View, record profiles.Record, e profiles.Entry) bool {
	if e.For == profiles.ForAWS || record.Has(e) {
		return true
	}
	if view.Template == "" || view.Map == nil {
		return strings.HasPrefix(e.Name, view.Prefix)
	}
	_, _, _, named := view.RoleOfProfile(e.Name)
	return named
}
