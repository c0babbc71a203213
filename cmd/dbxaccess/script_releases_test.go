package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/rogpeppe/go-internal/testscript"
)

// scriptReleases has a double of GitHub's API name a release as the newest, at $RELEASES: `releases v1.2.3`. It ends with the script.
func scriptReleases(ts *testscript.TestScript, _ bool, args []string) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"tag_name": %q, "draft": false, "prerelease": false, "html_url": "https://hostile.example"}`, args[0])
	}))
	ts.Defer(server.Close)
	ts.Setenv("RELEASES", server.URL)
}
