package doctorcmd

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/place"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/source"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/config"
	"github.com/dbxaccess/dbxaccess/internal/doctor"
	"github.com/dbxaccess/dbxaccess/internal/profiles"
	"github.com/dbxaccess/dbxaccess/internal/store/lock"
	"github.com/dbxaccess/dbxaccess/internal/ui"
	"github.com/dbxaccess/dbxaccess/internal/upgrade"
)

// bundle is what support needs. Of files and the keyring it has what is named here and nothing that was merely read.
type bundle struct {
	Format      int                 `json:"format"`
	Made        time.Time           `json:"made"`
	Program     bundleProgram       `json:"program"`
	System      bundleSystem        `json:"system"`
	Settings    bundleSettings      `json:"settings"`
	Map         bundleMap           `json:"map"`
	SignIns     []bundleSignIn      `json:"sign_ins"`
	Profiles    map[string][]string `json:"profiles"` // ours, by whose file they are in
	LastRefusal *cli.LastRefusal    `json:"last_refusal"`
	Locks       []bundleLocks       `json:"locks"`
	Environment []string            `json:"environment"` // names
	Doctor      report              `json:"doctor"`
}

type bundleProgram struct {
	cli.Version
	cli.BuildInfo
	Installed upgrade.Way `json:"installed"`
}

type bundleSettings struct {
	File   string          `json:"file"`
	Error  string          `json:"error,omitempty"`
	Values []bundleSetting `json:"values"`
}

type bundleSetting struct {
	Key    string        `json:"key"`
	Value  string        `json:"value"`
	Source config.Origin `json:"source"`
	Line   int           `json:"line,omitempty"`
}

type bundleMap struct {
	File    string     `json:"file"`
	Named   bool       `json:"named_by_environment"`
	From    string     `json:"from,omitempty"`
	Fetched *time.Time `json:"fetched,omitempty"`
	SHA256  string     `json:"sha256,omitempty"`
	Error   string     `json:"error,omitempty"`
	Issues  []mapIssue `json:"issues"`
}

// mapIssue is a warning without its words, which repeat what an organisation wrote.
type mapIssue struct {
	ID   accessmap.LintID `json:"id"`
	Line int              `json:"line"`
}

type bundleSignIn struct {
	Identity string       `json:"identity"`
	SignedIn bool         `json:"signed_in"`
	State    access.State `json:"state,omitempty"`
	Since    *time.Time   `json:"signed_in_at,omitempty"`
	Until    *time.Time   `json:"id_token_expires,omitempty"`
	Error    ui.ID        `json:"error,omitempty"`
}

type bundleLocks struct {
	Dir   string     `json:"directory"`
	Files int        `json:"files"`
	Last  *time.Time `json:"last_used,omitempty"`
}

// ofInterest are the variables that dbxaccess, the tools it serves or the system's places are set by.
const ofInterest = `(?i)^(AWS|DATABRICKS|DBXACCESS|DBT|XDG|SSH|GITHUB|GITLAB|KUBERNETES|WSL)_|^(CI|SHELL|TERM|TERM_PROGRAM|LANG|LC_ALL|HOME|` +
	`TMPDIR|TMP|TEMP|DISPLAY|WAYLAND_DISPLAY|DBUS_SESSION_BUS_ADDRESS|BROWSER|NO_COLOR|VIRTUAL_ENV|CONDA_PREFIX|(HTTPS?|NO|ALL)_PROXY|SSL_CERT_(FILE|DIR))$`

// collect looks at all of it. What can't be read is told in its place.
func collect(ctx context.Context, env *cli.Env, links doctor.Links) *bundle {
	b := &bundle{Format: 1, Made: env.Now().UTC(), Program: programOf(env.Version), System: systemOf(env.Getenv), SignIns: []bundleSignIn{}, Profiles: map[string][]string{}, Environment: []string{}}
	b.LastRefusal, _ = env.LastRefusal(ctx) // before the doctor, which forgets it; without a keyring none is kept
	b.Settings, b.Map = settingsOf(env), mapOf(env)
	b.SignIns = append(b.SignIns, signInsOf(ctx, env)...)
	for _, file := range []func() (profiles.Target, error){env.AWSFile, env.DatabricksFile} {
		target, err := file()
		if err != nil {
			continue // the doctor says so
		}
		entries, _ := target.List()
		names := []string{}
		for _, e := range entries {
			names = append(names, e.Name)
		}
		b.Profiles[target.For] = names
	}
	b.Locks = locks()
	interesting := regexp.MustCompile(ofInterest)
	for _, pair := range env.Environ() {
		if name, _, _ := strings.Cut(pair, "="); interesting.MatchString(name) {
			b.Environment = append(b.Environment, ui.Cut(ui.Clean(name), 100))
		}
	}
	slices.Sort(b.Environment)
	b.Doctor.Findings = []doctor.Finding{}
	doctor.Examine(ctx, links, b.Doctor.add)
	return b
}

func programOf(v cli.Version) bundleProgram {
	info, _ := debug.ReadBuildInfo()
	p := bundleProgram{Version: v, BuildInfo: cli.BuildInfoOf(info)}
	p.ModuleDigest = "" // it would be taken for a secret, and follows from the release
	p.Installed, _ = upgrade.Here(v.Module)
	return p
}

func settingsOf(env *cli.Env) bundleSettings {
	path, values, err := config.Trace(env.Getenv, nil)
	s := bundleSettings{File: ui.Clean(path), Values: []bundleSetting{}}
	if err == nil {
		_, err = env.Settings()
	}
	if err != nil {
		s.Error = string(ui.IDOf(err)) // its words repeat what stands there
	}
	for _, v := range values {
		words := strings.Join(v.Words, " ")
		if v.Key == "keyring.passphrase_command" && len(v.Words) > 0 { // an argument may be anything
			words = fmt.Sprintf("a program and %s", ui.Count(len(v.Words)-1, "word", "words"))
		}
		s.Values = append(s.Values, bundleSetting{v.Key, ui.Cut(ui.Clean(words), 500), v.Origin, v.Line})
	}
	return s
}

func mapOf(env *cli.Env) bundleMap {
	path, named, err := env.MapFile()
	b := bundleMap{File: ui.Clean(path), Named: named, Issues: []mapIssue{}}
	if err == nil && !named {
		if o, originErr := source.LoadOrigin(filepath.Dir(path)); originErr == nil {
			b.From, b.SHA256, b.Fetched = o.Display(), ui.Clean(o.SHA256), &o.Fetched
			if place.IsCommand(o.From) {
				b.From = "a command" // its arguments may be anything
			}
		}
	}
	if err == nil {
		var m *accessmap.Map
		if m, _, err = env.Map(); err == nil {
			for _, w := range accessmap.Open(m.Lint(env.Now())) {
				b.Issues = append(b.Issues, mapIssue{w.ID, w.Line})
			}
		}
	}
	if err != nil {
		b.Error = string(ui.IDOf(err))
	}
	return b
}

func signInsOf(ctx context.Context, env *cli.Env) (all []bundleSignIn) {
	b, err := env.Broker(ctx)
	if err != nil {
		return nil // the doctor says why
	}
	view, err := b.View()
	if err != nil {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(view.Map.Identities)) {
		one := bundleSignIn{Identity: name}
		identity := view.Map.Identities[name]
		if !identity.Method().SignsIn() {
			continue // a workload's token is elsewhere
		}
		signIn, err := view.SignIn(ctx, identity)
		if err != nil {
			one.Error = ui.IDOf(err)
		} else {
			s := signIn.Session
			one.SignedIn, one.Since, one.Until = true, &s.SignedIn, &s.IDTokenExpires
			one.State = access.StateOf(b.Standing(access.ProviderOf(view.Map, identity), s))
		}
		all = append(all, one)
	}
	return all
}

func locks() []bundleLocks {
	all := []bundleLocks{}
	for _, dirOf := range []func() (string, error){lock.PrivateDir, lock.LastingDir} {
		dir, err := dirOf()
		if err != nil || slices.ContainsFunc(all, func(b bundleLocks) bool { return b.Dir == dir }) {
			continue
		}
		one := bundleLocks{Dir: ui.Clean(dir)}
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			info, err := e.Info()
			if err != nil || !info.Mode().IsRegular() {
				continue
			}
			one.Files++
			if at := info.ModTime().UTC(); one.Last == nil || at.After(*one.Last) {
				one.Last = &at
			}
		}
		all = append(all, one)
	}
	return all
}

// summary is what a person is shown of it, by part.
func (b *bundle) summary() [][2]string {
	own := 0
	for _, v := range b.Settings.Values {
		if v.Source == config.FromEnvironment || v.Source == config.FromFile {
			own++
		}
	}
	aMap := "none"
	if b.Map.Error == "" {
		aMap = "where it is from, its digest, " + ui.Count(len(b.Map.Issues), "warning", "warnings")
	}
	signedIn, ours := 0, 0
	for _, s := range b.SignIns {
		if s.SignedIn {
			signedIn++
		}
	}
	for _, names := range b.Profiles {
		ours += len(names)
	}
	refusal := "none"
	if b.LastRefusal != nil {
		refusal = "of " + b.LastRefusal.At.Local().Format(time.DateTime)
	}
	return [][2]string{
		{"program", b.Program.Name() + ", " + b.Program.Platform + ", how it was built and installed"},
		{"system", "its release, its kernel, whether it is a container"},
		{"settings", ui.Count(own, "is yours", "are yours") + ", the rest as built in"},
		{"access map", aMap},
		{"sign-ins", ui.Count(signedIn, "lives", "live") + ", without tokens"},
		{"profiles", ui.Count(ours, "name", "names")},
		{"last refusal", refusal},
		{"locks", ui.Count(len(b.Locks), "directory", "directories")},
		{"environment", ui.Count(len(b.Environment), "name", "names") + ", no value"},
		{"doctor", ui.Count(len(b.Doctor.Findings), "finding", "findings") + ", " + ui.Count(b.Doctor.Faults, "fault", "faults")},
	}
}
