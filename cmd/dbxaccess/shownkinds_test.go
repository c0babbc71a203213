package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
	"go.yaml.in/yaml/v3"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/config"
	"github.com/dbxaccess/dbxaccess/internal/needed"
)

// shownKinds are the languages of fenced blocks, and how a block is held to its own. What a block shows of our commands is held besides,
// by TestPagesShowOnlyCommandsThereAre.
var shownKinds = map[string]func(t *testing.T, b shownBlock) error{
	"sh":         parsedBy("bash", "-n"),
	"bash":       parsedBy("bash", "-n"),
	"zsh":        parsedBy("zsh", "-n"),
	"fish":       parsedBy("fish", "--no-config", "--no-execute"),
	"nu":         parsedBy("nu", "--no-config-file", "--ide-check", "10"), // a file, as the last argument
	"console":    consoleBlock,
	"json":       jsonBlock,
	"yaml":       yamlBlock,
	"toml":       func(_ *testing.T, b shownBlock) error { return toml.Unmarshal([]byte(b.text()), &map[string]any{}) },
	"ini":        iniBlock,
	"python":     parsedBy("/usr/bin/python3", "-c", "import ast, sys; ast.parse(sys.stdin.read())"),
	"js":         jsBlock,
	"text":       notHeld, // what a screen shows
	"":           notHeld, // drawings, and answers, which other tests compare
	"sql":        notHeld, // queries of ours are made by tracesql, whose tests run them; others' are for engines that are not here
	"powershell": notHeld, // not on the systems that the tests run on
	"dockerfile": notHeld, // containers are built by the release
	"hcl":        notHeld, // Terraform's, which the end-to-end tests have: what map render writes is applied there
	"groovy":     notHeld, // Jenkins' pipelines
	"mermaid":    notHeld,
}

func notHeld(*testing.T, shownBlock) error { return nil }

// Every block is of a kind that somebody checks, and stands the check.
func TestPagesBlocksAreOfTheirKind(t *testing.T) {
	t.Parallel()
	for _, name := range currentPages(t) {
		blocks, _ := blocksOf(name, page(t, name))
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, b := range blocks {
				check, known := shownKinds[b.language]
				if !known {
					t.Errorf("%s: no check is known for blocks called %q: shownKinds", b.at(0), b.language)
					continue
				}
				if err := check(t, b); err != nil {
					t.Errorf("%s: %v\n%s", b.at(0), err, b.text())
				}
			}
		})
	}
}

// parsedBy has a program say whether a block is of its language. It reads the block from stdin, or where it takes files alone, from the last
// argument. Where the program is missing, the block is passed over.
func parsedBy(program string, args ...string) func(*testing.T, shownBlock) error {
	return func(t *testing.T, b shownBlock) error {
		path, err := needed.Look(program)
		if err != nil {
			if needed.Demanded() {
				return err
			}
			t.Logf("%s: %v", b.at(0), err)
			return nil
		}
		return parses(t, path, args, b.text())
	}
}

func parses(t *testing.T, path string, args []string, text string) error {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), path, args...)
	if filepath.Base(path) == "nu" {
		file := filepath.Join(t.TempDir(), "block.nu")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			return err
		}
		cmd.Args = append(cmd.Args, file)
	}
	cmd.Stdin = strings.NewReader(text)
	out, err := cmd.CombinedOutput()
	if err != nil || strings.Contains(string(out), `"severity":"Error"`) {
		return fmt.Errorf("%s: %w: %s", path, err, out)
	}
	return nil
}

// jsBlock is a module, or a script, of which a module's syntax is as good.
func jsBlock(t *testing.T, b shownBlock) error {
	path, err := exec.LookPath("node")
	if err != nil {
		t.Logf("%s: no node here to read it", b.at(0))
		return nil
	}
	file := filepath.Join(t.TempDir(), "block.mjs")
	if err := os.WriteFile(file, []byte(b.text()), 0o600); err != nil {
		return err
	}
	return parses(t, path, []string{"--check", file}, "")
}

func consoleBlock(_ *testing.T, b shownBlock) error {
	if len(b.commands()) == 0 {
		return errors.New("a block called console has no line that begins with $")
	}
	return nil
}

// jsonBlock is a document, or members of an object.
func jsonBlock(_ *testing.T, b shownBlock) error {
	if text := b.text(); !json.Valid([]byte(text)) && !json.Valid([]byte("{"+text+"}")) {
		return errors.New("not JSON")
	}
	return nil
}

var iniLine = regexp.MustCompile(`^(\s*[#;].*|\[[^][]+\]|[\w.-]+\s*=.*|\s*)$`)

func iniBlock(_ *testing.T, b shownBlock) error {
	for _, line := range b.lines {
		if !iniLine.MatchString(line) {
			return fmt.Errorf("neither a section nor a key: %s", line)
		}
	}
	return nil
}

// yamlBlock is an access map, a part of one, settings, or somebody else's.
func yamlBlock(t *testing.T, b shownBlock) error {
	text := b.text()
	var document any
	if err := yaml.Unmarshal([]byte(text), &document); err != nil {
		return err
	}
	top, _ := document.(map[string]any)
	only := func(keys ...string) bool {
		for key := range top {
			if !slices.Contains(keys, key) {
				return false
			}
		}
		return len(top) > 0
	}
	switch {
	case strings.HasPrefix(text, "version: 1\n"), top["roles"] != nil && top["identities"] != nil:
		m, err := accessmap.Parse(b.at(0), []byte(text))
		if err != nil {
			return err
		}
		for _, problem := range m.Check() {
			err = errors.Join(err, fmt.Errorf("%d:%d: %s", problem.Line, problem.Column, problem.Message))
		}
		return err
	case only("audit") && strings.Contains(text, "sinks:"), only("keyring", "profiles", "trusted_hosts", "default_role"):
		return settingsBlock(t, text)
	case only("identities", "roles", "workspaces", "datasets", "policy", "agents", "defaults", "audit", "contact", "serial"):
		return fragmentBlock(t, b)
	}
	return nil
}

func settingsBlock(t *testing.T, text string) error {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "dbxaccess", "config.yaml")
	if err := writeFile(path, text, 0o600); err != nil {
		return err
	}
	_, err := config.Load(func(name string) string {
		return map[string]string{"XDG_CONFIG_HOME": dir, "HOME": dir, "AppData": dir}[name]
	})
	return err
}

// besides is what pages' maps call by name and the example of docs has not.
const besides = `
roles:
  ml-reader: { workspace: prod, read: [features] }
  ml-trainer: { aws: { role_arn: "arn:aws:iam::111122223333:role/ml-trainer", region: us-east-1 } }
`

// fragmentBlock is a part of a map: put into the example of docs it makes a map. What it calls as an entry of the example is called stands for
// that, or, where it says only what is new, adds to it.
func fragmentBlock(t *testing.T, b shownBlock) error {
	t.Helper()
	var failed error
	for _, whole := range []bool{true, false} {
		var fragment, example, more yaml.Node
		if err := errors.Join(
			yaml.Unmarshal([]byte(b.text()), &fragment), yaml.Unmarshal([]byte(besides), &more),
			yaml.Unmarshal([]byte(page(t, "docs/access-map.yaml")), &example),
		); err != nil {
			return err
		}
		overlay(example.Content[0], more.Content[0], 2)
		depth := 2
		if !whole {
			depth = 100
		}
		overlay(example.Content[0], fragment.Content[0], depth)
		text, err := yaml.Marshal(&example)
		if err != nil {
			return err
		}
		if _, err = accessmap.Parse(b.at(0), text); err == nil {
			return nil
		}
		failed = errors.Join(failed, err)
	}
	return failed
}

// overlay puts the members of one mapping into another, to a depth: below it they take the place of what is there.
func overlay(base, over *yaml.Node, depth int) {
	for i := 0; i+1 < len(over.Content); i += 2 {
		key, value := over.Content[i], over.Content[i+1]
		at := 1
		for at < len(base.Content) && base.Content[at-1].Value != key.Value {
			at += 2
		}
		switch {
		case at >= len(base.Content):
			base.Content = append(base.Content, key, value)
		case depth > 1 && base.Content[at].Kind == yaml.MappingNode && value.Kind == yaml.MappingNode:
			overlay(base.Content[at], value, depth-1)
		default:
			base.Content[at] = value
		}
	}
}
