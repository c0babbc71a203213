package drift

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/desired"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// tags finds tags of a role by which everybody who takes it is taken for those whom the map means. aws:PrincipalTag is a tag of the
// session, and where the session brings none of the name, one of the role. Keys are alike whatever their case, values are not.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
func (c *comparison) tags(want desired.Role, have Role) {
	for _, key := range slices.Sorted(maps.Keys(have.Tags)) {
		var opened []string
		for _, apart := range want.Apart {
			for wanted, value := range apart.Tags {
				if strings.EqualFold(wanted, key) && value == have.Tags[key] && !slices.Contains(opened, apart.Role) {
					opened = append(opened, apart.Role)
				}
			}
		}
		if len(opened) == 0 {
			continue
		}
		slices.Sort(opened)
		c.find("drift-role-tag", want.ARN, want.For, slices.Concat(
			ui.Advice("take the tag off, also where it comes from, as from default_tags of Terraform's provider or the tags of a stack:"),
			ui.Command("aws iam untag-role"+option("role-name", nameOf(want.ARN))+option("tag-keys", key))),
			"lets in more: its own tag %s counts in each session that brings none of that name, so that everybody who takes it has what the map gives by that tag alone: %s",
			fmt.Sprintf("%q = %q", key, have.Tags[key]), few(opened))
	}
}
