package main

import (
	"context"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/dbxaccess/dbxaccess/internal/credential"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/serve"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// scriptServe is the other end of a socket, for two roles: `serve $WORK/socket`, or `serve $WORK/socket signed-out`, where
// nobody is signed in there. It ends with the script.
func scriptServe(ts *testscript.TestScript, _ bool, args []string) {
	ctx, cancel := context.WithCancel(context.Background())
	ts.Defer(cancel)
	var lost error
	if len(args) > 1 {
		lost = ui.Errorf("login-needed", ui.LoginNeeded, "no one is signed in").With(ui.Command("dbxaccess login"))
	}
	var grants []serve.Grant
	for _, role := range []string{"ml-trainer", "ml-reader"} {
		aws := serve.Keep[*credential.AWS]{Ahead: serve.AheadAWS, Fetch: func(context.Context, time.Duration) (*credential.AWS, time.Time, error) {
			end := time.Now().Add(time.Hour).UTC()
			return &credential.AWS{
				AccessKeyID: "ASIA" + role, SecretAccessKey: secret.New("served"), SessionToken: secret.New("served-session"), Expires: end,
			}, end, lost
		}}
		const host = "https://dbc-1.cloud.databricks.com"
		token := serve.Keep[*credential.Token]{Ahead: serve.AheadToken, Fetch: func(context.Context, time.Duration) (*credential.Token, time.Time, error) {
			end := time.Now().Add(time.Hour).UTC()
			return &credential.Token{Host: host, AccessToken: secret.New("served-for-" + role), Expires: end}, end, lost
		}}
		grants = append(grants, serve.Grant{
			Role: role, Identity: "acme", Profile: "dbx-" + role, Region: "eu-west-1", AWS: aws.Start(ctx),
			Workspaces: []serve.Workspace{{Place: serve.Place{Host: host, Profile: "dbx-" + role}, Token: token.Start(ctx)}},
		})
	}
	server, err := serve.Socket(args[0], grants, nil)
	ts.Check(err)
	ts.Defer(func() { _ = server.Close() })
}
