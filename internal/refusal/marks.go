package refusal

import (
	"cmp"
	"slices"
	"strings"
)

// form is one of the ways in which clients tell a refusal.
type form int

// The forms, of which those that say more come first where two begin at one place.
const (
	aSentence form = iota
	aDecoded
	aPanel
	ofBoto
	ofArrow
	ofS3A
	ofGo
	ofXML
	ofJSON
	ofJava
	ofPrivilege
	ofOwnership
	ofWorkspace
	anEncoded
	ofKMS
	unsigned
	ofFault
	ofHTTP
	aWord
)

// mark is a place in a page's dense text where a form begins.
type mark struct {
	at    int
	form  form
	size  int
	fault Fault
}

// phrases begin the forms, in small letters and without white space.
var phrases = [...]struct {
	form   form
	phrase string
}{
	{aSentence, performing},
	{aDecoded, `"explicitdeny":`},
	{aPanel, "onresource(s):"},
	{ofBoto, "anerroroccurred("},
	{ofArrow, "awserror"},
	{ofS3A, "exception:s3a://"},
	{ofS3A, "exception:s3://"},
	{ofS3A, "exception:s3n://"},
	{ofGo, "operationerror"},
	{ofXML, "<code>"},
	{ofJSON, `"__type":"`},
	{ofJSON, `"code":"`},
	{ofJSON, `code:"`},
	{ofJava, "(service:"},
	{ofPrivilege, "doesnothave"},
	{ofPrivilege, "donothave"},
	{ofPrivilege, "requirespermission"},
	{ofOwnership, "isnotanownerof"},
	{ofOwnership, "isnottheownerof"},
	{ofWorkspace, "permission_denied"},
	{ofWorkspace, "insufficient_permissions"},
	{ofWorkspace, "insufficientprivileges"},
	{ofWorkspace, "unity_catalog_external_generate_"},
	{anEncoded, "encodedauthorizationfailuremessage:"},
	{ofKMS, "ciphertextreferstoacustomermasterkey"},
	{ofKMS, "ciphertextreferstoakmskey"},
	{ofHTTP, "403forbidden"},
	{ofHTTP, "403(forbidden)"},
	{ofHTTP, "(http403"},
	{ofHTTP, "http403"},
	{ofHTTP, "statuscode:403"},
	{ofHTTP, "statuscode403"},
	{ofHTTP, "status403"},
	{ofHTTP, "status:403"},
	{ofHTTP, "403clienterror"},
	{ofHTTP, "lackedthenecessaryprivileges"},
	{aWord, "accessdenied"},
	{aWord, "access_denied"},
	{aWord, "unauthorizedoperation"},
	{aWord, "permissionerror:forbidden"},
	{aWord, "permissiondeniedons3path:"},
	{aWord, "notauthorizedtoaccessthisresource"},
}

const (
	// maxMarks bounds the marks that are followed up, of each phrase and of all.
	maxMarks = 4096
)

// marks finds where forms begin, in the order of the text. cut tells that there are more.
func (p *page) marks() (all []mark, cut bool) {
	find := func(form form, phrase string, fault Fault) {
		found := 0
		for at := 0; found < maxMarks; found++ {
			next := strings.Index(p.dense[at:], phrase)
			if next < 0 {
				return
			}
			at += next
			all = append(all, mark{at, form, len(phrase), fault})
			at += len(phrase)
		}
		cut = true
	}
	for _, one := range phrases {
		find(one.form, one.phrase, "")
	}
	for _, one := range faultPhrases {
		form := ofFault
		if one.fault == Unsigned || one.fault == NothingToSignWith {
			form = unsigned
		}
		find(form, one.phrase, one.fault)
	}
	slices.SortStableFunc(all, func(a, b mark) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.form, b.form)) })
	if len(all) > maxMarks {
		all, cut = all[:maxMarks], true
	}
	return all, cut
}
