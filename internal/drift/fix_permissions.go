package drift

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/desired"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/iam/compare"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// permissionFix says how to bring a role's permissions back in step.
type permissionFix struct {
	c       *comparison
	want    desired.Role
	s       sides
	less    []string     // what is missing anyway
	without map[int]bool // policies of the actual side that were tried: whether the role needs nothing of it
}

func (c *comparison) permissionFix(want desired.Role, s sides, result compare.Result) *permissionFix {
	return &permissionFix{c, want, s, missing(result), make(map[int]bool)}
}

// missing are the differences by which a role can do less, as text.
func missing(result compare.Result) (less []string) {
	for _, d := range result.Differences {
		if !d.More {
			less = append(less, fmt.Sprintf("%q %q %q", d.Actions, d.Resources, d.Needs))
		}
	}
	return less
}

// of is the fix of one difference. A policy of which the role needs nothing is taken off; of another, the statement is told.
func (f *permissionFix) of(d compare.Difference) ui.Fix {
	role := option("role-name", nameOf(f.want.ARN))
	render := f.c.render(f.want)
	switch {
	case d.More && f.extra(d.Allows.Document):
		name := f.s.names[d.Allows.Document]
		if isManaged(name) {
			return ui.Command("aws iam detach-role-policy" + role + option("policy-arn", name))
		}
		return ui.Command("aws iam delete-role-policy" + role + option("policy-name", name))
	case d.More:
		return slices.Concat(ui.Advice(fmt.Sprintf("narrow %s of %s to what the role needs:", statement(d.Allows), f.s.names[d.Allows.Document])), render)
	case d.Bounded || d.Refuses != nil:
		return f.s.allow(d)
	}
	return slices.Concat(ui.Advice("let a policy of the role allow it, as in:"), render)
}

// allow is how something stops to be taken away, by a boundary or a Deny.
func (s sides) allow(d compare.Difference) ui.Fix {
	if d.Bounded {
		return slices.Concat(ui.Advice("let the permissions boundary allow it, or give the role another one"),
			ui.Command("aws iam get-policy"+option("policy-arn", s.boundary)))
	}
	if name := s.policyOf(d); strings.HasPrefix(name, iam.RevokePrefix) { // taken out, it would let free whom it was written against
		return slices.Concat(ui.Advice("leave it: it denies one person's sessions until they have ended; then it is removed by:"), ui.Command("dbxaccess revoke PERSON --undo"))
	}
	return ui.Advice(fmt.Sprintf("take %s out of %s, or let it deny less", statement(*d.Refuses), s.policyOf(d)))
}

// passFix is the fix of what a cross-account role passes on. What it may do besides is Databricks' to say, so no policy is taken off.
func (c *comparison) passFix(of desired.Role, s sides, wanted iam.Statement, d compare.Difference) ui.Fix {
	switch {
	case d.More:
		return slices.Concat(ui.Advice(fmt.Sprintf("narrow %s of %s to the roles of the map:", statement(d.Allows), s.names[d.Allows.Document])), c.render(of))
	case d.Bounded || d.Refuses != nil:
		return s.allow(d)
	}
	return ui.Command("aws iam put-role-policy" + option("role-name", nameOf(of.ARN)) + option("policy-name", "dbxaccess-pass-role") +
		option("policy-document", iam.Policy(wanted).JSON()))
}

// extra reports whether the role needs nothing of one of its policies: without it, nothing more is missing.
func (f *permissionFix) extra(document int) bool {
	extra, tried := f.without[document]
	if tried {
		return extra
	}
	if !slices.Contains(f.want.Managed, f.s.names[document]) {
		left := f.s.actual
		left.Identity = slices.Delete(slices.Clone(left.Identity), document, document+1)
		result, err := compare.Permissions(f.s.wanted, left, f.want.ARN)
		extra = err == nil && result.Whole && slices.Equal(missing(result), f.less)
	}
	f.without[document] = extra
	return extra
}

// isManaged reports whether a policy is named by its ARN; names of inline policies have no colon.
func isManaged(name string) bool { return strings.HasPrefix(name, "arn:") }
