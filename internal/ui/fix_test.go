package ui

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

func TestAVariableForOneCommandInPowerShell(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"or keep an encrypted file: DBXACCESS_KEYRING_BACKEND=file dbxaccess login": "or keep an encrypted file: $env:DBXACCESS_KEYRING_BACKEND='file'; dbxaccess login",
		"DBXACCESS_PROFILE_PREFIX=dbxaccess- dbxaccess login":                       "$env:DBXACCESS_PROFILE_PREFIX='dbxaccess-'; dbxaccess login",
		"dbxaccess login":               "dbxaccess login",
		"run dbxaccess login":           "run dbxaccess login",
		"a=b; rm dbxaccess x":           "a=b; rm dbxaccess x",
		"X='; Remove-Item' dbxaccess x": "X='; Remove-Item' dbxaccess x",
		"":                              "",
	} {
		if got := forPowerShell(line, false); got != want {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}

func TestVariablesAreUnsetAsInPowerShell(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"unset DATABRICKS_HOST":                         "Remove-Item -ErrorAction Ignore Env:DATABRICKS_HOST",
		"unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY": "Remove-Item -ErrorAction Ignore Env:AWS_ACCESS_KEY_ID, Env:AWS_SECRET_ACCESS_KEY",
	} {
		if got := forPowerShell(line, true); got != want {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
	if words := "unset A, or B"; forPowerShell(words, false) != words {
		t.Errorf("advice in words was taken for a command: %q", forPowerShell(words, false))
	}
}

// What an administrator has to do is a text to send, behind what the person does; where nobody is known to send it to, it is only said.
func TestAnAdministratorsStepsAreALetter(t *testing.T) {
	err := Errorf("x", Refused, "carol may take no role").With(ForAdmin("issuer https://id.example.com"), Command("dbxaccess roles --why"),
		ForAdmin("put people's groups into the ID token"), Command("aws iam get-role").ForAdmin())
	for _, c := range []struct {
		head func() Letterhead
		want string
	}{
		{func() Letterhead { return Letterhead{"#ml-platform", "c@example.com, dbxaccess v1.2.0"} }, "dbxaccess: carol may take no role\n  dbxaccess roles --why\n  send this to\n  #ml-platform:\n" +
			"    carol may take no\n    role\n    issuer\n    https://id.example.com\n    put people's groups\n    into the ID token\n    aws iam get-role\n    (c@example.com,\n    dbxaccess v1.2.0)\n"},
		{nil, "dbxaccess: carol may take no role\n  issuer\n  https://id.example.com\n  dbxaccess roles --why\n" +
			"  put people's groups\n  into the ID token\n  aws iam get-role\n"},
	} {
		var out bytes.Buffer
		PrintError(&Screen{Terminal: &out, Width: 25}, err, c.head)
		want := strings.Replace(c.want, "dbxaccess: carol may take no role", "dbxaccess: carol may take\n           no role", 1)
		if out.String() != want {
			t.Errorf("got %q\nwant %q", out.String(), want)
		}
	}
	if fix := Command("dbxaccess login"); !slices.Equal(fix.Letter(Letterhead{"#ml-platform", "c"}, "over"), fix) {
		t.Error("nothing is to be sent, and something is")
	}
}
