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
		if got := forPowerShell(line); got != want {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}
