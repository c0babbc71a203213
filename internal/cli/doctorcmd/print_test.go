package doctorcmd

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dbxaccess/dbxaccess/internal/doctor"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestFindingsFitATerminal(t *testing.T) {
	t.Parallel()
	r := report{Faults: 1, Warnings: 1, Findings: []doctor.Finding{
		{Check: "map", Subject: "/home/alice/map.yaml", Status: doctor.OK, What: "1 identity, 2 roles, 1 workspace; DBXACCESS_MAP names it"},
		{
			Check: "role", Subject: "ml-trainer", Status: doctor.Fault, What: "it can't be taken",
			Why: "AWS refuses role arn:aws:iam::111122223333:role/ml-trainer: not authorized to perform sts:AssumeRoleWithWebIdentity",
			Fix: append(ui.Advice("presented: issuer https://acme.okta.com/oauth2/default, audience 0oa1b2c3d4, subject 00u1alice7Kq"),
				ui.Command("dbxaccess map policy ml-trainer")...),
		},
		{Check: "environment", Subject: "AWS_PROFILE", Status: doctor.Warning, What: "is set and names mine", Fix: ui.Command("unset AWS_PROFILE")},
		{Check: "workspace", Status: doctor.Skipped, What: "not checked: nobody is signed in"},
	}}
	var screen, pipe bytes.Buffer
	if err := printReport(&ui.Screen{Terminal: &screen, Width: 80}, nil, r); err != nil {
		t.Fatal(err)
	}
	want := `✓ ok      map          /home/alice/map.yaml: 1 identity, 2 roles, 1 workspace;
                       DBXACCESS_MAP names it
✗ fault   role         ml-trainer: it can't be taken
          why  AWS refuses role arn:aws:iam::111122223333:role/ml-trainer: not
               authorized to perform sts:AssumeRoleWithWebIdentity
          fix  presented: issuer https://acme.okta.com/oauth2/default, audience
               0oa1b2c3d4, subject 00u1alice7Kq
               dbxaccess map policy ml-trainer
! warning environment  AWS_PROFILE: is set and names mine
          fix  unset AWS_PROFILE
- skipped workspace    not checked: nobody is signed in

1 ok, 1 warning, 1 fault, 1 skipped
`
	if diff := cmp.Diff(want, screen.String()); diff != "" {
		t.Error(diff)
	}
	if err := printReport(&pipe, nil, r); err != nil || !strings.Contains(pipe.String(), "1 workspace; DBXACCESS_MAP names it\n") {
		t.Errorf("in a pipe, lines are whole: %v\n%s", err, pipe.String())
	}
	screen.Reset()
	if err := printReport(&ui.Screen{Terminal: &screen, Width: 80, Colour: true}, nil, r); err != nil || !strings.Contains(screen.String(), "\x1b[31m✗ fault\x1b[0m   role") {
		t.Errorf("%v\n%q", err, screen.String())
	}
}

// What only an administrator can do is a text to send to whom people ask.
func TestAnAdministratorsRemedyIsALetter(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	r := report{Findings: []doctor.Finding{{
		Check: "role", Subject: "ml-trainer", Status: doctor.Fault, What: "it can't be taken", Why: "AWS refuses it",
		Fix: append(ui.ForAdmin("correct the trust policy:"), ui.Command("dbxaccess map trust ml-trainer").ForAdmin()...),
	}}}
	if err := printReport(&out, func() ui.Letterhead {
		return ui.Letterhead{To: "#ml-platform", From: "alice@example.com, dbxaccess v1.2.0"}
	}, r); err != nil {
		t.Fatal(err)
	}
	want := `✗ fault   role         ml-trainer: it can't be taken
          fix  send this to #ml-platform:
                 ml-trainer: it can't be taken; AWS refuses it
                 correct the trust policy:
                 dbxaccess map trust ml-trainer
                 (alice@example.com, dbxaccess v1.2.0)

0 ok, 0 warnings, 1 fault, 0 skipped
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}
