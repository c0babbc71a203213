package drift

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/desired"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// ofProvider notes a finding about an identity provider.
func (c *comparison) ofProvider(id ui.ID, want desired.Provider, fix ui.Fix, format string, args ...any) *Finding {
	f := c.find(id, want.ARN, nil, fix, format, args...)
	f.Identities = slices.Clone(want.Identities)
	return f
}

func (c *comparison) provider(want desired.Provider) {
	if want.Spare { // nothing of the map depends on it
		return
	}
	parts, whole := c.unread(want.ARN, nil)
	if whole {
		return
	}
	at := slices.IndexFunc(c.actual.Providers, func(p Provider) bool { return p.ARN == want.ARN })
	if at < 0 {
		c.notCompared(want.ARN, nil, "the identity provider", "nothing was read of it")
		return
	}
	have := c.actual.Providers[at]
	if have.Missing {
		c.ofProvider("drift-provider-missing", want, c.create(want), "can do less: IAM has no such identity provider, and refuses every token of %s", want.URL)
		return
	}
	if url := withoutScheme(want.URL); have.URL != "" && url != withoutScheme(have.URL) {
		c.ofProvider("drift-provider-url", want, slices.Concat(
			ui.Advice("IAM can't change the issuer: delete the identity provider and make it again. No token is taken in between"),
			ui.Command("aws iam delete-open-id-connect-provider"+option("open-id-connect-provider-arn", want.ARN)), c.create(want)),
			"its issuer is %s; the map has %s", have.URL, want.URL)
	}
	c.audiences(want, have)
	if !parts[PartContext] {
		c.context(want, have)
	}
}

func withoutScheme(url string) string { return strings.TrimPrefix(url, "https://") }

// create is the command that makes an identity provider, and what has its context provider made where a role depends on it.
// https://docs.aws.amazon.com/cli/latest/reference/iam/create-open-id-connect-provider.html
func (c *comparison) create(want desired.Provider) ui.Fix {
	command := "aws iam create-open-id-connect-provider" + option("url", want.URL) + " --client-id-list"
	for _, audience := range want.Audiences {
		command += " " + ui.Word(audience)
	}
	fix := ui.Command(command)
	if want.Context != nil && want.Context.Needed {
		fix = append(fix, c.contextFix(want)...)
	}
	return fix
}

// audiences compares for whom tokens are taken. What trust policies take of them is for these to say, so that one more lets in
// nobody by itself.
func (c *comparison) audiences(want desired.Provider, have Provider) {
	for _, audience := range want.Audiences {
		if !slices.Contains(have.Audiences, audience) {
			c.ofProvider("drift-audience-missing", want,
				ui.Command("aws iam add-client-id-to-open-id-connect-provider"+option("open-id-connect-provider-arn", want.ARN)+option("client-id", audience)),
				"can do less: it does not take tokens for the audience %q", audience)
		}
	}
	for _, audience := range have.Audiences {
		if !slices.Contains(want.Audiences, audience) {
			c.ofProvider("drift-audience-extra", want, slices.Concat(
				ui.Advice("if no other application needs it:"),
				ui.Command("aws iam remove-client-id-from-open-id-connect-provider"+option("open-id-connect-provider-arn", want.ARN)+option("client-id", audience))),
				"can do more: it takes tokens for the audience %q, which the map does not name. No trust policy of the map takes it; other applications may share the provider",
				audience)
		}
	}
}

// context compares the context provider, if one is wanted: another one does no harm. That there is none is no drift where nothing
// depends on it: see Notes.
func (c *comparison) context(want desired.Provider, have Provider) {
	if want.Context == nil || have.Context == nil && !want.Context.Needed {
		return
	}
	differ := []string{"it has none, and a trust policy depends on it"}
	if have.Context != nil {
		differ = contextDiffers(want.Context, have.Context)
	}
	if len(differ) > 0 {
		f := c.ofProvider("drift-context-provider", want, c.contextFix(want), "its context provider: %s", strings.Join(differ, "; "))
		if want.Context.Needed {
			f.Severity = Medium
		}
	}
}

// contextFix sets the context provider.
func (c *comparison) contextFix(want desired.Provider) ui.Fix {
	if role, ok := c.state.RoleForContext(want.ARN); ok {
		return ui.Command(desired.ContextCommand(ui.Word(role), By{Map: c.by.Map}.options()))
	}
	return ui.Command("dbxaccess map render" + By{Map: c.by.Map}.options())
}

// Notes are what people may want to know of a comparison besides its findings.
func Notes(state *desired.State, actual *Actual) (notes []string) {
	for _, want := range state.Providers {
		at := slices.IndexFunc(actual.Providers, func(p Provider) bool { return p.ARN == want.ARN })
		unread := slices.ContainsFunc(actual.Unread, func(u Unread) bool { return u.ARN == want.ARN })
		if want.Spare || want.Context == nil || want.Context.Needed || at < 0 || unread || actual.Providers[at].Missing || actual.Providers[at].Context != nil {
			continue
		}
		notes = append(notes, ui.Clean(want.ARN)+" has no context provider, by which sessions say unforgeably who signed in. It is optional: no trust policy depends on it")
	}
	return append(notes, withoutService(state, actual)...)
}

func contextDiffers(want *desired.ContextProvider, have *ContextProvider) (differ []string) {
	if have.SubjectSourceKey != want.SubjectSourceKey {
		differ = append(differ, fmt.Sprintf("the subject is the claim %q, not %q", have.SubjectSourceKey, want.SubjectSourceKey))
	}
	switch {
	case have.SubjectTypeSourceKey != "":
		differ = append(differ, fmt.Sprintf("the kind of subject is the claim %q, not always %s", have.SubjectTypeSourceKey, want.SubjectType))
	case have.SubjectType != want.SubjectType:
		differ = append(differ, fmt.Sprintf("the kind of subject is %q, not %q", have.SubjectType, want.SubjectType))
	}
	for _, k := range want.Keys {
		if claim, ok := have.Keys[k.Name]; !ok {
			differ = append(differ, fmt.Sprintf("the key %s is missing", k.Name))
		} else if claim != k.Claim {
			differ = append(differ, fmt.Sprintf("the key %s is the claim %q, not %q", k.Name, claim, k.Claim))
		}
	}
	return differ
}
