package access

import "strings"

// ProfileName is what the profiles of a role are called, in the files of AWS and of Databricks.
func (v *View) ProfileName(identity, role string) string {
	return v.Prefix + v.Map.ProfileName(identity, role)
}

// RoleOfProfile is the way back: the identity and the role whose profile has this name, and which of its workspaces; that is
// "" for the role's own profile, whose workspace is the first. ok is false for a name that is given to none.
func (v *View) RoleOfProfile(profile string) (identity, role, workspace string, ok bool) {
	name, ours := strings.CutPrefix(profile, v.Prefix)
	if !ours {
		return "", "", "", false
	}
	return v.Map.RoleOfProfile(name)
}
