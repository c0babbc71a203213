package sts

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func grantsPage(token string, grants int) string {
	one := `<AccessGrant><AccessGrantId>g</AccessGrantId><GrantScope>s3://acme-ml/*</GrantScope><Permission>READ</Permission>` +
		`<Grantee><GranteeType>IAM</GranteeType><GranteeIdentifier>` + roleARN + `</GranteeIdentifier></Grantee></AccessGrant>`
	return `<ListAccessGrantsResult><NextToken>` + token + `</NextToken><AccessGrantsList>` + strings.Repeat(one, grants) + `</AccessGrantsList></ListAccessGrantsResult>`
}

// A list is read to its end, over pages that have nothing, and one without an end is refused.
func TestListsOfAccessGrants(t *testing.T) {
	t.Parallel()
	in := AccessGrants{From: hop(), AccountID: "111122223333", Region: "us-east-1"}
	for name, c := range map[string]struct {
		page func(asked int) string
		want int
		id   ui.ID
	}{
		"pages, one of them empty": {func(asked int) string { return grantsPage([]string{"a", "b", ""}[asked-1], []int{2, 0, 1}[asked-1]) }, 3, ""},
		"the same token again":     {func(int) string { return grantsPage("a", 1) }, 0, "aws-unknown-answer"},
		"empty pages without end":  {func(asked int) string { return grantsPage(fmt.Sprint(asked), 0) }, 0, "aws-unknown-answer"},
	} {
		asked := 0
		client, double := signed(t, func(w http.ResponseWriter, r *http.Request) {
			if asked++; asked > 2*maxGrantPages {
				t.Fatalf("%s: asked without end", name)
			}
			writes(200, c.page(asked))(w, r)
		})
		got, err := client.ListAccessGrants(t.Context(), in)
		if len(got) != c.want || ui.IDOf(err) != c.id {
			t.Errorf("%s: %d, %v after %d pages", name, len(got), err, len(double.forms))
		}
	}
}

func TestGrantsThatMayNotBeListed(t *testing.T) {
	t.Parallel()
	in := AccessGrants{From: hop(), AccountID: "111122223333", Region: "us-east-1"}
	client, double := signed(t, writes(403, `<Error><Code>AccessDenied</Code><Message>no</Message></Error>`))
	_, err := client.ListAccessGrants(t.Context(), in)
	if ui.IDOf(err) != "grants-not-listed" || ui.CodeOf(err) != ui.Refused || !strings.Contains(ui.HintOf(err), "s3:ListAccessGrants") || len(double.forms) != 1 {
		t.Errorf("exit %d, %v, hint %q after %d pages", ui.CodeOf(err), err, ui.HintOf(err), len(double.forms))
	}
}
