package main

import (
	"strings"
	"testing"
)

// A link that signs in is no word for a screen that others read, unless the person says so.
func TestTheConsolesLinkIsNotLeftOnTheScreen(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	aliceSignedIn(d)
	d.env = append(d.env, "AWS_ENDPOINT_URL_SIGNIN="+d.server.SigninURL())
	got := d.run(200, nil, "console", "ml-trainer", "--no-browser").text()
	if strings.Contains(got, "SigninToken") || !strings.Contains(got, "dbxaccess console ml-trainer --no-browser --show\n") {
		t.Errorf("got\n%s", got)
	}
	if got := d.run(200, nil, "console", "ml-trainer", "--no-browser", "--show").text(); !strings.Contains(got, "SigninToken=") {
		t.Errorf("with --show, got\n%s", got)
	}
}
