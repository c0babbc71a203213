//go:build linux

package main

import (
	"cmp"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/sandbox"
)

const shownDir = "testdata/shown"

// Principals of the sandbox's account: what AWS gives its machines, and what stands for a permission set of Identity Center.
const (
	machineRole  = "arn:aws:iam::" + sandbox.Account + ":role/ml-node"
	reservedRole = "arn:aws:iam::" + sandbox.Account + ":role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_MLAdmin_0123456789abcdef"
)

// shownDesk is where the commands of a page are typed. A page on a provider has a map: there the sandbox plays that provider, trusts whom the map
// gives its roles, and the person or the job has what the map's rules ask for. Elsewhere it is the desk of somebody who is signed in at a company
// that has what pages name: testdata/shown.
func shownDesk(t *testing.T, name string, table *shownTable) *desk {
	t.Helper()
	blocks, _ := blocksOf(name, page(t, name))
	granted := shownPage{Map: "cmd/dbxaccess/" + shownDir + "/company.yaml"}
	_, provider := firstMap(blocks)
	if provider = provider && strings.HasPrefix(name, "docs/providers/"); provider {
		granted = shownPage{Map: name, Nobody: true}
	}
	if p := table.Pages[name]; p != nil {
		granted = shownPage{Map: cmp.Or(p.Map, granted.Map), Nobody: p.Nobody || granted.Nobody}
	}
	text := page(t, granted.Map)
	if path.Ext(granted.Map) == ".md" {
		shown, _ := blocksOf(granted.Map, text)
		text, _ = firstMap(shown)
	}
	m, err := accessmap.Parse(name, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	id := m.Identities[slices.Sorted(maps.Keys(m.Identities))[0]]
	d := newDeskAt(t, trusting(m, id))
	d.as("alice")
	text = d.atSandbox(m, id).Replace(text)
	d.file("map.yaml", text)
	d.fill(blocks)
	for _, file := range []string{"access-map.yaml", "published.yaml", "next.yaml", "old.yaml", "new.yaml"} {
		d.work(file, text)
	}
	d.repository()
	if provider {
		d.plays(id)
	}
	if granted.Nobody {
		return d
	}
	d.sinks()
	if written := d.write(120, nil, "login", "--role", "ml-trainer", "--no-browser"); !strings.Contains(written, "Signed in") {
		t.Fatalf("nobody is signed in:\n%s", written)
	}
	return d
}

// firstMap is the first access map that blocks show.
func firstMap(blocks []shownBlock) (text string, found bool) {
	i := slices.IndexFunc(blocks, func(b shownBlock) bool { return strings.HasPrefix(b.text(), "version: 1\n") })
	if i < 0 {
		return "", false
	}
	return blocks[i].text(), true
}

// trusting are options of a sandbox that lets in whom a map gives its roles.
func trusting(m *accessmap.Map, id *accessmap.Identity) sandbox.Options {
	o := sandbox.Options{Policies: []sandbox.FederationPolicy{{}}}
	from := sandbox.Trust{AllowTags: true, AllowSourceIdentity: true, MaxDuration: 12 * time.Hour}
	machine := sandbox.FederationPolicy{Name: "ml"}
	switch {
	case id.Method() == idp.IdentityCenter:
		from.Principals = []string{reservedRole}
	case id.Method() == idp.Workload && id.Token.From == idp.FromAWS:
		from.Principals = []string{machineRole}
		machine.Issuer, machine.Audiences, machine.Subject = "/aws-issuer", []string{id.Token.Audience}, machineRole
	case id.Method() == idp.Workload:
		from.Issuer, from.Audiences = "/github", []string{id.Token.Audience}
		machine.Issuer, machine.Audiences, machine.Subject = "/github", from.Audiences, "repo:acme/churn:ref:refs/heads/main"
		for _, rule := range id.Claims {
			if sub := rule.Match["sub"]; sub != "" {
				machine.Subject = sub
			}
		}
	}
	for _, r := range m.Roles {
		if r.AWS != nil && r.AWS.RoleARN != "" {
			from.RoleARN = r.AWS.RoleARN
			o.Trust = append(o.Trust, from)
		}
		if r.ServicePrincipal != "" {
			machine.ClientID = r.ServicePrincipal
			o.Policies = append(o.Policies, machine)
		}
	}
	return o
}

// atSandbox replaces what a map names by what the sandbox has.
func (d *desk) atSandbox(m *accessmap.Map, id *accessmap.Identity) *strings.Replacer {
	issuer := d.server.Issuer()
	switch {
	case id.Method() == idp.Workload && id.Token.From == idp.FromAWS:
		issuer = d.server.AWSIssuer()
	case id.Method() == idp.Workload:
		issuer = d.server.GitHubIssuer()
	}
	pairs := []string{
		"/var/run/secrets/dbxaccess/token", filepath.Join(d.home, "token"), "GOCSPX-not-a-secret", "GOCSPX-sandbox",
		"from: github-actions, audience: sts.amazonaws.com }\n", "from: github-actions, audience: sts.amazonaws.com }\n    issuer: " + issuer + "\n",
		"issuer: " + id.Issuer + "\n", "issuer: " + issuer + "\n", "client_id: " + id.ClientID + "\n", "client_id: " + d.server.ClientID() + "\n",
		`client_id: "` + id.ClientID + `"`, "client_id: " + d.server.ClientID(),
	}
	if id.StartURL != "" {
		pairs = append(pairs, id.StartURL, d.server.StartURL())
	}
	other := strings.Replace(d.server.WorkspaceHost(), "127.0.0.1", "localhost", 1)
	for i, workspace := range slices.Sorted(maps.Keys(m.Workspaces)) {
		pairs = append(pairs, m.Workspaces[workspace].Host, []string{d.server.WorkspaceHost(), other}[(i+1)%2*min(1, len(m.Workspaces)-1)])
	}
	return strings.NewReplacer(pairs...)
}

// plays has people and jobs have what the rules of a page's map ask for.
func (d *desk) plays(id *accessmap.Identity) {
	d.t.Helper()
	claims := map[string]any{}
	if len(id.Claims) > 0 {
		for name, value := range id.Claims[0].Match {
			if !strings.HasPrefix(name, "/") { // a part of a claim, which the sandbox's tokens have
				claims[name] = value
			}
		}
	}
	if groups := slices.Sorted(maps.Keys(id.Groups)); len(groups) > 0 && !strings.HasPrefix(id.GroupsClaim, "/") {
		claims[id.GroupsClaim] = groups[:1]
	}
	d.server.Set(func(b *sandbox.Behaviour) {
		if kind := sandbox.Kind(id.Kind); slices.Contains(sandbox.Kinds(), kind) {
			b.Kind = kind
		}
		if b.MachineClaims = claims; id.Method() == idp.OpenIDConnect {
			b.Claims = claims
		}
	})
	variables := map[string]string{}
	switch {
	case id.Flow == accessmap.FlowBrowser:
		variables = map[string]string{"SSH_TTY": "", "DISPLAY": ":9", "BROWSER": "sign-in", "PERSON": "alice"}
	case id.Method() != idp.Workload:
	case id.Token.From == idp.FromAWS:
		variables = d.server.AWSEnv()
	case id.Token.From == idp.FromGitHub:
		variables = d.server.GitHubEnv()
	default:
		token, err := d.server.MachineToken(id.Token.Audience, nil)
		if err != nil {
			d.t.Fatal(err)
		}
		d.file("token", token+"\n")
		variables["ID_TOKEN"] = token
		if id.Token.Name != "" {
			variables[id.Token.Name] = token
		}
	}
	for name, value := range variables {
		d.env = append(d.env, name+"="+value)
	}
}

// fill puts where the person works what commands of pages read and call: testdata/shown, and what blocks say is in a file. The servers of AWS are
// the sandbox's.
func (d *desk) fill(blocks []shownBlock) {
	d.t.Helper()
	for dir, mode := range map[string]os.FileMode{"bin": 0o700, "work": 0o600} {
		root := filepath.Join(shownDir, dir)
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			rest, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			target := filepath.Join(d.home, dir, rest)
			_ = os.Remove(target)
			return writeFile(target, string(text), mode)
		})
		if err != nil {
			d.t.Fatal(err)
		}
	}
	for _, b := range blocks {
		switch {
		case isScript(b):
			if err := writeFile(filepath.Join(d.home, "bin", "box"), b.text(), 0o700); err != nil {
				d.t.Fatal(err)
			}
		case b.file != "" && b.file != "access-map.yaml":
			d.work(b.file, b.text())
		}
	}
	d.work("week.jsonl", string(exampleRecord()))
	shell := filepath.Join(d.home, "bin", "login", "bash") // nobody is there to leave it
	if err := writeFile(shell, "#!/bin/sh\n", 0o700); err != nil {
		d.t.Fatal(err)
	}
	root, err := filepath.Abs(repository)
	if err != nil {
		d.t.Fatal(err)
	}
	machine, err := json.Marshal(d.server.AWSEnv())
	if err != nil {
		d.t.Fatal(err)
	}
	d.file(".machine.json", strings.NewReplacer("AWS_ACCESS_KEY_ID", "AccessKeyId", "AWS_SECRET_ACCESS_KEY", "SecretAccessKey",
		"AWS_SESSION_TOKEN", "SessionToken", "{", `{"Version":1,`).Replace(string(machine)))
	d.env = append(append(d.env, d.server.DataURLs()...),
		"REPOSITORY="+root, "SHELL="+shell,
		"XDG_RUNTIME_DIR="+d.home, "AWS_EC2_METADATA_DISABLED=true", "EDITOR=true",
		"AWS_ENDPOINT_URL_SIGNIN="+d.server.SigninURL(), "AWS_ENDPOINT_URL_S3_CONTROL="+d.server.S3ControlURL(),
		"AWS_ENDPOINT_URL_IAM="+d.server.IAMURL(), "AWS_ENDPOINT_URL_ATHENA="+d.server.AthenaURL(),
		"AWS_ENDPOINT_URL_SSO_OIDC="+d.server.SSOOIDCURL(), "AWS_ENDPOINT_URL_SSO="+d.server.SSOURL(),
		"GIT_CONFIG_GLOBAL="+filepath.Join(d.home, ".gitconfig"), "GIT_CONFIG_NOSYSTEM=1",
	)
}

// sinks has the record sent somewhere: what a page's sink is called.
func (d *desk) sinks() {
	d.t.Helper()
	collector := newCollector()
	d.t.Cleanup(collector.server.Close)
	text := "audit: { sinks: [ { name: siem, type: webhook, url: " + collector.server.URL + "/hook } ] }\n"
	if err := writeFile(filepath.Join(d.home, ".config", "dbxaccess", "config.yaml"), text, 0o600); err != nil {
		d.t.Fatal(err)
	}
}

// work writes a file into the directory that the person works in.
func (d *desk) work(name, content string) {
	d.t.Helper()
	if err := writeFile(filepath.Join(d.home, "work", name), content, 0o600); err != nil {
		d.t.Fatal(err)
	}
}

// repository makes the directory that the person works in one of git's, with the map on its main branch.
func (d *desk) repository() {
	d.t.Helper()
	git, err := exec.LookPath("git")
	if err != nil {
		return // the commands that need it will say so
	}
	d.file(".gitconfig", "[user]\n\tname = Alice\n\temail = alice@example.com\n[init]\n\tdefaultBranch = main\n")
	for _, args := range [][]string{{"init", "-q"}, {"add", "access-map.yaml"}, {"commit", "-q", "-m", "map"}, {"update-ref", "refs/remotes/origin/main", "HEAD"}} {
		cmd := exec.Command(git, args...)
		cmd.Dir, cmd.Env = filepath.Join(d.home, "work"), d.env
		if out, err := cmd.CombinedOutput(); err != nil {
			d.t.Fatalf("git %v: %v: %s", args, err, out)
		}
	}
}
