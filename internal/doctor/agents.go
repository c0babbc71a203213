package doctor

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/agent"
	"github.com/dbxaccess/dbxaccess/internal/atomicfile"
	"github.com/dbxaccess/dbxaccess/internal/localfile"
	"github.com/dbxaccess/dbxaccess/internal/mcpclients"
	"github.com/dbxaccess/dbxaccess/internal/statickeys"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// checkAgents looks at what coding agents start: MCP servers with static keys, or a dbxaccess that is gone, and keys of AWS that an
// agent gives to every program. Agents that are not set up give no finding.
func (d *examination) checkAgents() {
	home, err := localfile.Home(d.Getenv)
	if err != nil {
		return // the settings were not found either
	}
	project, _ := d.WorkDir()
	places := mcpclients.Places{Home: home, Getenv: d.Getenv, Exists: exists}
	for _, c := range mcpclients.All() {
		d.checkClient(c, c.UserFile(places), "dbxaccess mcp install "+c.Name)
		if file := c.ProjectFile(project, exists); project != "" && file != "" {
			d.checkClient(c, file, "dbxaccess mcp install "+c.Name+" --project "+ui.Quote(ui.Clean(project)))
		}
	}
	for _, giver := range mcpclients.Givers(places, project) {
		d.checkGiver(giver)
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// checkClient looks at the servers of one file. install is the command that adds dbxaccess there.
func (d *examination) checkClient(c mcpclients.Client, file, install string) {
	data, _, err := localfile.Read(file, atomicfile.MaxSize)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	var servers []mcpclients.Server
	if err == nil {
		servers, err = c.Servers(file, data)
	}
	if err != nil {
		d.add(failed(Warning, "mcp-client-unreadable", file, c.Title+"'s MCP servers can't be looked at", err))
		return
	}
	for _, s := range servers {
		if s.Ours() {
			d.checkStarted(c, file, s, install)
		}
		d.checkServerKeys(c, file, s)
	}
}

// checkStarted tells whether the dbxaccess that a client starts is there. One without a path is looked up where the client is.
func (d *examination) checkStarted(c mcpclients.Client, file string, s mcpclients.Server, install string) {
	if !filepath.IsAbs(s.Command) {
		return
	}
	info, err := os.Stat(s.Command)
	if err == nil && (!info.Mode().IsRegular() || info.Mode().Perm()&0o111 == 0 && filepath.Ext(s.Command) != ".exe") {
		err = errors.New("it is no program")
	}
	if err != nil {
		d.add(Finding{
			ID: "mcp-program-missing", Subject: file, Status: Fault, What: fmt.Sprintf("%s can't start %s, which is not there", c.Title, s.Command),
			Why: "it was moved, removed by an upgrade, or is not executable", Fix: ui.Command(install),
		})
		return
	}
	d.ok("mcp-client-current", file, c.Title+" starts "+s.Command)
}

// checkServerKeys finds static keys among the texts of one server's entry.
func (d *examination) checkServerKeys(c mcpclients.Client, file string, s mcpclients.Server) {
	var rules []string
	var scanner statickeys.Scanner
	text := strings.Join(slices.Concat(s.Settings, s.Args), "\n")
	scanner.Bytes("entry", []byte(text), func(found statickeys.Finding) {
		if !found.Lesser && found.Allowed == "" && !slices.Contains(rules, found.Rule) {
			rules = append(rules, found.Rule)
		}
	})
	if len(rules) == 0 {
		return
	}
	fix := ui.Advice("delete it where it was issued, take it out, and have the client start the server under a role: dbxaccess, and before what it starts now the arguments exec ROLE --")
	if s.Command == "" {
		fix = ui.Advice("delete it where it was issued, and take it out; many such servers know a sign-in of their own")
	}
	d.warn("mcp-server-static-key", file, fmt.Sprintf("%s gives its MCP server %s a static key (%s)", c.Title, s.Name, strings.Join(rules, ", ")),
		"it never ends, and whoever reads the file or talks to the agent may use it", fix)
}

// checkGiver finds keys of AWS in an agent's settings, from where every program gets them that it starts.
func (d *examination) checkGiver(giver mcpclients.Giver) {
	data, _, err := localfile.Read(giver.File, atomicfile.MaxSize)
	if err != nil {
		return
	}
	handed := mcpclients.Handed(data)
	if !slices.Contains(handed, "AWS_ACCESS_KEY_ID") {
		return
	}
	f := Finding{
		ID: "agent-hands-keys", Subject: giver.File, Status: Fault, What: giver.Title + " gives AWS keys to every program that it starts",
		Why: "AWS tools use AWS_ACCESS_KEY_ID in place of a profile, so they work as whom these keys are for, not as a role",
		Fix: ui.Advice("in \"env\", name a profile for the model (AWS_PROFILE) in place of keys, or set awsCredentialExport, which keeps them in the agent"),
	}
	if slices.Contains(handed, "AWS_SESSION_TOKEN") {
		f.Status = Warning
	}
	d.add(f)
}

// ofAgent says of keys in the environment what is so where an agent has given them.
func (d *examination) ofAgent(f Finding) Finding {
	name := agent.Detect(d.Getenv)
	if name == "" || f.ID != "env-aws-key" {
		return f
	}
	f.ID, f.Check = "agent-hands-keys", ""
	f.What = "is set, and this runs under " + name + ", which gives it to every program that it starts"
	f.Why = cmp.Or(f.Why, "AWS tools use it in place of a profile")
	f.Fix = ui.Advice("have the agent take its own keys from a profile or a command; before a program: env -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY -u AWS_SESSION_TOKEN")
	return f
}
