package drift

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/desired"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/iam/compare"
	"github.com/dbxaccess/dbxaccess/internal/iam/evaluate"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const trustPolicy = "trust policy"

// trust compares who may assume the role. Where what is wanted is the most that may stand, less is no difference.
func (c *comparison) trust(want desired.Role, have Role, most bool) {
	if _, err := evaluate.Parse(have.Trust); err != nil {
		c.notCompared(want.ARN, want.For, trustPolicy, err.Error())
		return
	}
	result, ended, err := compareTrust(want, have.Trust)
	if err != nil {
		c.notCompared(want.ARN, want.For, trustPolicy, err.Error())
		return
	}
	fix := c.trustFix(want, have, result, most)
	for _, id := range compare.DeletedPrincipals(have.Trust) {
		c.find("drift-principal-deleted", want.ARN, want.For, fix.of("take "+id+" out of the trust policy"),
			"can do less: its trust policy names %s, which IAM wrote there when the role or user was deleted", id).Policy = trustPolicy
	}
	for _, d := range result.Differences {
		if bySubject(want, d) || (want.Nobody || most) && !d.More {
			continue
		}
		id, verb := ui.ID("drift-trust-more"), "lets in more"
		if !d.More {
			id, verb = "drift-trust-less", "lets in less"
		}
		f := c.find(id, want.ARN, want.For, fix.of(edited(d)), "%s: %s by %s%s", verb, few(d.Actions), few(d.Who), circumstances(d))
		f.Policy, f.Access = trustPolicy, accessOf(d)
		if e := ended(d); e != nil {
			f.What += ui.Clean(fmt.Sprintf("; the map's grant of %s ended on %s", e.Role, accessmap.Until(e.Until)))
			f.GrantEnded = e.Until.UTC().Format(time.RFC3339)
		}
		f.clean()
	}
	c.perhaps(want, trustPolicy, result, fix.of("write the trust policy in fewer statements, and without variables"))
}

// bySubject reports whether a trust policy lets in fewer people than all who may use the application, for a role of groups,
// which AWS can't see: that is what is advised there, and who they are does not stand in the map. See NotLookedAt.
func bySubject(want desired.Role, d compare.Difference) bool {
	for key := range d.Needs {
		if !strings.HasSuffix(key, ":sub") {
			return false
		}
	}
	return !d.More && len(d.Needs) > 0 && want.ByAudience
}

// perhaps tells that not everything was compared.
func (c *comparison) perhaps(want desired.Role, policy string, result compare.Result, fix ui.Fix) {
	if result.Whole {
		return
	}
	what := "may do more or less: the " + policy + " is written differently, and is too large, or compares with variables, so that it was not compared wholly"
	if len(result.Differences) > 0 {
		what = "may do more or less besides: the " + policy + " was not compared wholly, as it is too large or compares with variables"
	}
	c.find("drift-perhaps", want.ARN, want.For, fix, "%s", what).Policy = policy
}

// judged reports whether a policy can be judged, and tells if not.
func (c *comparison) judged(arn string, roles []string, part Part, p Policy) bool {
	_, err := evaluate.Parse(p.Document)
	if err != nil {
		c.notCompared(arn, roles, string(part)+" "+p.name(), err.Error())
	}
	return err == nil
}

func (p Policy) name() string {
	if p.ARN != "" {
		return p.ARN
	}
	return p.Name
}

// textOf is the document as JSON, "" for one without statements.
func textOf(d iam.Document) string {
	if len(d.Statement) == 0 {
		return ""
	}
	return d.JSON()
}

func textsOf(want desired.Role) (texts []string) {
	for _, d := range want.Permissions {
		if text := textOf(d); text != "" {
			texts = append(texts, text)
		}
	}
	return texts
}

// few are the first of a list, and how many more there are: findings have all of them as fields.
func few(list []string) string { return ui.Some(list, 5) }

// circumstances are the words for when the difference shows, and why.
func circumstances(d compare.Difference) string {
	var words []string
	for _, key := range slices.Sorted(maps.Keys(d.Needs)) {
		if values := d.Needs[key]; len(values) == 0 {
			words = append(words, "there is no "+key)
		} else {
			words = append(words, fmt.Sprintf("%s is %q", key, strings.Join(values, ", ")))
		}
	}
	text := ""
	if len(words) > 0 {
		text = ", for example where " + strings.Join(words, " and ")
	}
	switch {
	case d.Refuses != nil && d.More:
		text += "; the map denies it"
	case d.Refuses != nil && d.Refuses.Sid != "":
		text += fmt.Sprintf("; statement %d (%s) denies it", d.Refuses.Statement, d.Refuses.Sid)
	case d.Refuses != nil:
		text += fmt.Sprintf("; statement %d denies it", d.Refuses.Statement)
	}
	return text
}

func accessOf(d compare.Difference) *Access {
	where := make(map[string][]string)
	for key, values := range d.Needs {
		where[key] = append([]string{}, values...)
	}
	a := &Access{
		Actions: append([]string{}, d.Actions...), Resources: append([]string{}, d.Resources...), Who: append([]string{}, d.Who...), Where: where,
		Example: Example{d.Request.Action, d.Request.Resource, d.Request.Principal, d.Request.Context}, Certain: d.Sure,
	}
	switch {
	case d.Allows.Actual:
		a.Statement, a.Sid = d.Allows.Statement, d.Allows.Sid
	case d.Refuses != nil:
		a.Statement, a.Sid = d.Refuses.Statement, d.Refuses.Sid
	}
	return a
}

// clean cleans what came from IAM.
func (f *Finding) clean() {
	f.Policy = ui.Clean(f.Policy)
	if a := f.Access; a != nil {
		a.Sid = ui.Clean(a.Sid)
		for _, list := range [][]string{a.Actions, a.Resources, a.Who} {
			for i := range list {
				list[i] = ui.Clean(list[i])
			}
		}
	}
}
