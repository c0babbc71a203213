package compute

import (
	"net/http"
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
)

func (c *Compute) listScopes(*http.Request) *harness.Reply {
	var items []object
	for _, s := range c.held.Scopes {
		items = append(items, object{"name": s.Name, "backend_type": "DATABRICKS"})
	}
	return arrayOf("scopes", items)
}

// scope is the one that a request is about.
func (c *Compute) scope(r *http.Request) (*Scope, *harness.Reply) {
	name := r.URL.Query().Get("scope")
	i := slices.IndexFunc(c.held.Scopes, func(s Scope) bool { return s.Name == name })
	if i < 0 {
		return nil, Refusal("RESOURCE_DOES_NOT_EXIST", "Scope "+name+" does not exist!")
	}
	return &c.held.Scopes[i], nil
}

func (c *Compute) listSecrets(r *http.Request) *harness.Reply {
	s, refused := c.scope(r)
	if refused != nil {
		return refused
	}
	var items []object
	for _, key := range s.Secrets {
		items = append(items, object{"key": key, "last_updated_timestamp": 1700000000000})
	}
	return arrayOf("secrets", items)
}

func (c *Compute) listACLs(r *http.Request) *harness.Reply {
	s, refused := c.scope(r)
	if refused != nil {
		return refused
	}
	return arrayOf("items", s.ACLs)
}

// permissions has the administrators on everything.
func (c *Compute) permissions(r *http.Request) *harness.Reply {
	id := r.PathValue("path")
	list := []object{{"group_name": "admins", "all_permissions": []object{{"permission_level": "CAN_MANAGE", "inherited": true}}}}
	return harness.JSON(http.StatusOK, object{"object_id": "/" + id, "access_control_list": append(list, c.held.Permissions[id]...)})
}
