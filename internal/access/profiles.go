package access

import "strings"

// ProfileName is what the profile of a role is called, in the files of AWS and of Databricks.
func (v *View) ProfileName(identity, role string) string { return v.name(identity, role, "") }

// RoleOfProfile is the way back: the identity and the role whose profile has this name, and which of its workspaces; that is
// "" for the role's own profile, whose workspace is the first. ok is false for a name that is given to none, or to several.
func (v *View) RoleOfProfile(name string) (identity, role, workspace string, ok bool) {
	if v.isUsual() {
		name, ours := strings.CutPrefix(name, v.Prefix)
		if !ours {
			return "", "", "", false
		}
		return v.Map.RoleOfProfile(name)
	}
	who := v.named()[name]
	if len(who) != 1 {
		return "", "", "", false
	}
	return who[0].identity, who[0].role, who[0].workspace, true
}
