package drift

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/desired"
	"github.com/dbxaccess/dbxaccess/internal/iam/compare"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// By is how a comparison was asked for: the commands that bring something back in step have to repeat it.
type By struct {
	Map      string   // its file, where it is not the map in use
	Subjects []string // as of desired.Options
}

// options are the flags that repeat it, with a space before each.
func (b By) options() string {
	var text strings.Builder
	if b.Map != "" {
		text.WriteString(option("map", b.Map))
	}
	for _, subject := range b.Subjects {
		text.WriteString(option("subject", subject))
	}
	return text.String()
}

// option is a flag with its value, for a shell. What begins like a flag would be taken for one.
func option(name, value string) string {
	if strings.HasPrefix(value, "-") {
		return " --" + name + "=" + ui.Word(value)
	}
	return " --" + name + " " + ui.Word(value)
}

// accountsOf are the numbers of those that a state is about.
func accountsOf(state *desired.State) map[string]bool {
	named := make(map[string]bool)
	for _, p := range state.Providers {
		named[accountOf(p.ARN)] = true
	}
	for _, r := range state.Roles {
		named[accountOf(r.ARN)] = true
	}
	for _, p := range state.Databricks.PassRoles {
		named[accountOf(p.CrossAccountRole)] = true
	}
	return named
}

// inAccount says before the commands of the AWS CLI in which account they are given: roles of one name may be in many, and a command
// finds the one of whichever account the shell is signed in to.
func inAccount(number string, fix ui.Fix) (said ui.Fix) {
	ofAWS := func(s ui.Step) bool { return s.Copied && strings.HasPrefix(s.Text, "aws ") }
	for i, step := range fix {
		if ofAWS(step) && (i == 0 || !ofAWS(fix[i-1])) {
			said = append(said, ui.Advice("in account "+number+":")...)
		}
		said = append(said, step)
	}
	return said
}

// render is the command that writes what has to stand for a role.
func (c *comparison) render(want desired.Role) ui.Fix {
	command := "dbxaccess map render"
	for _, role := range want.For {
		command += " " + ui.Word(role)
	}
	return ui.Command(command + c.by.options())
}

// trustFix is how to set a role's trust policy. It hands out the map's policy only where that takes away nothing by which the role
// is closed: where AWS can't see the map's groups, the map's policy lets in anyone who may use the application, and a policy that lets in
// fewer may do so on purpose, as by a list of people or a Deny that locks the role.
type trustFix struct {
	want     desired.Role
	withheld bool // the map's policy is not handed out
	listed   bool // the actual policy lists people by sub
	others   bool // it is no role of the map, so that no command prints its policy
	most     bool // what is wanted is the most that may stand, and no policy to set
	by       By
}

func (c *comparison) trustFix(want desired.Role, have Role, result compare.Result, most bool) trustFix {
	narrower := !result.Whole || slices.ContainsFunc(result.Differences, func(d compare.Difference) bool { return !d.More })
	listed := strings.Contains(strings.ToLower(have.Trust), `:sub"`)
	return trustFix{
		want: want, withheld: want.ByAudience && (narrower || listed), listed: listed, others: !c.isOfTheMap(want.ARN), most: most, by: c.by,
	}
}

// of is the fix of one difference, which words tell of where the policy has to be edited.
func (f trustFix) of(edit string) ui.Fix {
	name := ui.Word(nameOf(f.want.ARN))
	if f.others && !f.most {
		return ui.Command("aws iam update-assume-role-policy" + option("role-name", nameOf(f.want.ARN)) + option("policy-document", f.want.Trust.JSON()))
	}
	if !f.withheld && !f.others && len(f.want.For) > 0 { // the policy is one, whichever of its roles is asked for
		return ui.Command(fmt.Sprintf(`aws iam update-assume-role-policy --role-name %s --policy-document "$(dbxaccess map trust %s%s)"`,
			name, ui.Word(f.want.For[0]), f.by.options()))
	}
	fix := slices.Concat(ui.Advice(edit), ui.Command(
		"aws iam get-role --role-name "+name+" --query Role.AssumeRolePolicyDocument > trust.json",
		"aws iam update-assume-role-policy --role-name "+name+" --policy-document file://trust.json"))
	if !f.withheld {
		return fix
	}
	keep := "keep what closes the role on purpose"
	if f.listed {
		keep = "keep whom it lists by sub"
	}
	return append(fix, ui.Advice(keep+": the map's own policy would let in whoever may use the application. "+
		"With --subject for each of its people, drift and map trust have a policy that lists them")...)
}

// edited is what to do with the statement by which a trust policy lets in more or less.
func edited(d compare.Difference) string {
	switch {
	case d.More:
		return "take " + statement(d.Allows) + " out of the trust policy, or let it take no more than the map"
	case d.Refuses != nil:
		return "take " + statement(*d.Refuses) + " out of the trust policy, or let it deny less"
	}
	return "let a statement of the trust policy take " + few(d.Actions) + " by " + few(d.Who)
}

// statement names one by its place in its policy.
func statement(p compare.Place) string {
	if p.Sid != "" {
		return fmt.Sprintf("statement %d (%s)", p.Statement, p.Sid)
	}
	return fmt.Sprintf("statement %d", p.Statement)
}
