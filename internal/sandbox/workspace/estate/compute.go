package estate

import (
	"maps"
	"net/http"
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
)

func (e *Estate) computeRoutes() []harness.Route {
	const get, post, put = http.MethodGet, http.MethodPost, http.MethodPut
	profile := func(do func(InstanceProfile) *harness.Reply) func(*http.Request) *harness.Reply {
		return func(r *http.Request) *harness.Reply {
			var sent struct {
				InstanceProfile
				Skip bool `json:"skip_validation"`
			}
			if !e.sent(r, &sent) {
				return e.refuse("INVALID_PARAMETER_VALUE", "The request is malformed.")
			}
			if e.Passed != nil && !slices.Contains(e.Passed, sent.RoleARN) && !slices.Contains(e.Passed, sent.ARN) && !sent.Skip && r.URL.Path == profilesPath+"add" {
				return e.refuse("DRY_RUN_FAILED", "Verification of the instance profile failed: UnauthorizedOperation: You are not authorized to perform this operation.")
			}
			return do(sent.InstanceProfile)
		}
	}
	return []harness.Route{
		e.route(harness.Profiles, "clusters", get, profilesPath+"list", e.listProfiles),
		e.route(harness.Profiles, "clusters", post, profilesPath+"add", profile(e.addProfile)),
		e.route(harness.Profiles, "clusters", post, profilesPath+"edit", profile(e.editProfile)),
		e.route(harness.Profiles, "clusters", post, profilesPath+"remove", profile(e.removeProfile)),
		e.route(harness.Warehouses, "sql", get, warehousesPath, func(*http.Request) *harness.Reply { return harness.JSON(http.StatusOK, maps.Clone(e.Warehouses)) }),
		e.route(harness.Warehouses, "sql", put, warehousesPath, func(r *http.Request) *harness.Reply {
			var whole map[string]any
			if !e.sent(r, &whole) {
				return e.refuse("INVALID_PARAMETER_VALUE", "The request is malformed.")
			}
			e.Warehouses = whole
			e.Restarts++
			return harness.JSON(http.StatusOK, map[string]any{})
		}),
	}
}

const (
	profilesPath   = "/api/2.0/instance-profiles/"
	warehousesPath = "/api/2.0/sql/config/warehouses"
)

// listProfiles shows those who are no admins nothing but what their groups have, of which nobody knows here: a half.
func (e *Estate) listProfiles(r *http.Request) *harness.Reply {
	list := e.InstanceProfiles
	if who, _ := e.of(r, "clusters"); !e.admin(who.Name) {
		list = list[:len(list)/2]
	}
	if len(list) == 0 {
		return harness.JSON(http.StatusOK, map[string]any{})
	}
	return harness.JSON(http.StatusOK, map[string]any{"instance_profiles": list})
}

func (e *Estate) profile(arn string) int {
	return slices.IndexFunc(e.InstanceProfiles, func(p InstanceProfile) bool { return p.ARN == arn })
}

func (e *Estate) addProfile(p InstanceProfile) *harness.Reply {
	if e.profile(p.ARN) >= 0 {
		return e.refuse("RESOURCE_ALREADY_EXISTS", "The instance profile "+p.ARN+" has already been added.")
	}
	e.InstanceProfiles = append(e.InstanceProfiles, p)
	return harness.JSON(http.StatusOK, map[string]any{})
}

func (e *Estate) editProfile(p InstanceProfile) *harness.Reply {
	i := e.profile(p.ARN)
	if i < 0 {
		return e.refuse("RESOURCE_DOES_NOT_EXIST", "The instance profile "+p.ARN+" does not exist.")
	}
	e.InstanceProfiles[i].RoleARN = p.RoleARN
	return harness.JSON(http.StatusOK, map[string]any{})
}

func (e *Estate) removeProfile(p InstanceProfile) *harness.Reply {
	i := e.profile(p.ARN)
	if i < 0 {
		return e.refuse("RESOURCE_DOES_NOT_EXIST", "The instance profile "+p.ARN+" does not exist.")
	}
	e.InstanceProfiles = slices.Delete(e.InstanceProfiles, i, i+1)
	return harness.JSON(http.StatusOK, map[string]any{})
}
