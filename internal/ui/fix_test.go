package ui

import "testing"

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
