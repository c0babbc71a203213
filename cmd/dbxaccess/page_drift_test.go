//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/desired"
	"github.com/dbxaccess/dbxaccess/internal/admincli"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/sandbox"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// heldFor is what IAM holds if it has what is desired, as JSON that sandbox.ReadHoldings takes.
func heldFor(t *testing.T, state *desired.State) string {
	t.Helper()
	type object = map[string]any
	var roles, providers []object
	for _, r := range state.Roles {
		var inline []object
		for i, d := range r.Permissions {
			inline = append(inline, object{"PolicyName": "dbxaccess-" + string(rune('1'+i)), "PolicyDocument": d.JSON()})
		}
		roles = append(roles, object{
			"RoleName": r.ARN[strings.LastIndex(r.ARN, "/")+1:], "Arn": r.ARN, "MaxSessionDuration": int(r.MaxSession / time.Second),
			"AssumeRolePolicyDocument": r.Trust.JSON(), "RolePolicyList": inline,
		})
	}
	for _, p := range state.Providers {
		provider := object{"Arn": p.ARN, "Url": strings.TrimPrefix(p.URL, "https://"), "ClientIDList": p.Audiences}
		if p.Context != nil {
			var keys []object
			for _, k := range p.Context.Keys {
				keys = append(keys, object{"SourceKey": k.Claim, "TargetKey": k.Name})
			}
			provider["ContextProvider"] = object{
				"SubjectSourceKey": p.Context.SubjectSourceKey, "SubjectTypeValue": p.Context.SubjectType, "KeyDefinitionList": keys,
			}
		}
		providers = append(providers, provider)
	}
	b, err := json.Marshal(object{"RoleDetailList": roles, "OpenIDConnectProviderList": providers})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestThePageOnDrift compares what docs/iam.md shows of drift with what the command prints about the example, where IAM is in
// step and where it is not.
func TestThePageOnDrift(t *testing.T) {
	const name = "docs/iam.md"
	path, err := filepath.Abs(filepath.Join(repository, "docs", "access-map.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	m, err := accessmap.Parse(path, data)
	if err != nil {
		t.Fatal(err)
	}
	state, err := desired.Of(m, nil, desired.Options{Now: asked})
	if err != nil {
		t.Fatal(err)
	}
	inStep := heldFor(t, state)
	server := startPageServer(t, nil)
	text := page(t, name)
	want := text
	for _, c := range []struct{ command, held string }{
		{"dbxaccess drift analyst trainer", inStep},
		{"dbxaccess drift trainer", driftOf(t, inStep)},
		{"dbxaccess drift trainer --simulate", bounded(t, inStep)},
	} {
		held, err := sandbox.ReadHoldings([]byte(c.held))
		if err != nil {
			t.Fatal(err)
		}
		server.Hold(held)
		want = answered(t, name, want, c.command, adminAnswer(t, server, path, strings.Fields(c.command)[1:]))
	}
	keep(t, name, text, want)
}

// bounded is an IAM in an organisation whose service control policies let nobody delete objects.
func bounded(t *testing.T, held string) string {
	t.Helper()
	var iam map[string]any
	if err := json.Unmarshal([]byte(held), &iam); err != nil {
		t.Fatal(err)
	}
	iam["ServiceControlPolicies"] = []any{map[string]any{"Statement": []any{map[string]any{"Effect": "Allow", "NotAction": "s3:DeleteObject", "Resource": "*"}}}}
	b, err := json.Marshal(iam)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// driftOf is what IAM holds after some people changed it by hand.
func driftOf(t *testing.T, held string) string {
	t.Helper()
	for _, change := range [][2]string{
		{`"ClientIDList":["0oa1b2c3"]`, `"ClientIDList":["0oa1b2c3","0oa9z8y7"]`},
		{`:role/trainer","AssumeRolePolicyDocument":"{\"Version\":\"2012-10-17\",\"Statement\":[`,
			`:role/trainer","AssumeRolePolicyDocument":"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"Debugging\",\"Effect\":\"Allow\",` +
				`\"Principal\":{\"AWS\":\"arn:aws:iam::444455556666:root\"},\"Action\":\"sts:AssumeRole\"},`},
	} {
		changed := strings.Replace(held, change[0], change[1], 1)
		if changed == held {
			t.Fatalf("%s is not in %s", change[0], held)
		}
		held = changed
	}
	return held
}

// startPageServer starts what answers the commands of a page. What it is asked besides fails the test.
func startPageServer(t *testing.T, trust []sandbox.Trust) *sandbox.Server {
	t.Helper()
	keys, err := signingKeys()
	if err != nil {
		t.Fatal(err)
	}
	server, err := sandbox.Start(t.Context(), sandbox.Options{Keys: keys.Copy(), Trust: trust})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Close()
		for _, unexpected := range server.Unexpected() {
			t.Error(unexpected)
		}
	})
	return server
}

// adminAnswer runs a command of dbxaccess-admin in this process and returns all that it prints.
func adminAnswer(t *testing.T, server *sandbox.Server, path string, args []string) string {
	t.Helper()
	environment := server.AWSEnv()
	maps.Copy(environment, map[string]string{
		"DBXACCESS_MAP": path, "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_ENDPOINT_URL_STS": server.STSURL(), "AWS_ENDPOINT_URL_IAM": server.IAMURL(),
		"AWS_ENDPOINT_URL_S3_CONTROL": server.S3ControlURL(),
	})
	for _, v := range server.DataURLs() {
		name, value, _ := strings.Cut(v, "=")
		environment[name] = value
	}
	return adminAnswerAt(t, time.Now, environment, args)
}

// adminAnswerAt runs a command of the other program in this process, at a time and in a home of its own.
func adminAnswerAt(t *testing.T, now func() time.Time, environment map[string]string, args []string) string {
	t.Helper()
	here := t.TempDir()
	for _, name := range []string{"HOME", "XDG_CONFIG_HOME", "AppData"} {
		environment[name] = here
	}
	var out bytes.Buffer
	env := cli.NewEnv(cli.Process{
		Streams: &ui.Streams{In: strings.NewReader(""), Out: &out, Err: &out}, Getenv: func(name string) string { return environment[name] },
		Environ: func() []string { return nil }, Now: now, Arg0: "dbxaccess", Args: args, Version: cli.VersionOf(""),
	})
	all := admincli.Commands()
	i := slices.IndexFunc(all, func(c cli.Command) bool { return c.Name == args[0] })
	if i < 0 {
		t.Fatalf("there is no command %s", args[0])
	}
	cmd := all[i].New(env)
	cmd.SetArgs(args[1:])
	cmd.SetOut(io.Discard)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	if err := cmd.ExecuteContext(t.Context()); err != nil && !slices.Contains([]ui.ID{"drift-found", "posture-found"}, ui.IDOf(err)) {
		t.Fatal(err)
	}
	return out.String()
}
