package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// systems are those of .goreleaser.yml.
var systems = []string{"linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64", "windows/amd64", "windows/arm64"}

// module is what is licensed: where it lies, and the folders of its packages that are linked.
type module struct {
	name, dir string
	packages  map[string]bool
}

// linked are the modules that programs are built of on any system. The first is Go.
func linked(ctx context.Context, dir string, programs []string) ([]module, error) {
	goSays := func(env []string, args ...string) ([]byte, error) {
		cmd := exec.CommandContext(ctx, "go", args...) //nolint:gosec // our own words
		cmd.Dir, cmd.Stderr, cmd.Env = dir, os.Stderr, append(os.Environ(), env...)
		out, err := cmd.Output()
		if err != nil {
			return nil, fmt.Errorf("go %s: %w", args[0], err)
		}
		return out, nil
	}
	about, err := goSays(nil, "env", "GOVERSION", "GOROOT")
	if err != nil {
		return nil, err
	}
	version, root, _ := strings.Cut(strings.TrimSpace(string(about)), "\n")
	found := map[string]module{}
	for _, system := range systems {
		goos, arch, _ := strings.Cut(system, "/")
		list, err := goSays([]string{"GOOS=" + goos, "GOARCH=" + arch, "CGO_ENABLED=0"},
			append([]string{"list", "-deps", "-json=Dir,Module"}, programs...)...)
		if err != nil {
			return nil, err
		}
		for d := json.NewDecoder(bytes.NewReader(list)); ; {
			var p struct {
				Dir    string
				Module *struct {
					Path, Version, Dir string
					Main               bool
				}
			}
			if err := d.Decode(&p); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return nil, err
			}
			if p.Module == nil || p.Module.Main {
				continue
			}
			name := p.Module.Path + " " + p.Module.Version
			if _, known := found[name]; !known {
				found[name] = module{name, p.Module.Dir, map[string]bool{}}
			}
			found[name].packages[p.Dir] = true
		}
	}
	all := []module{{"Go, its runtime and standard library, " + version, root, map[string]bool{root: true}}}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		all = append(all, found[name])
	}
	return all, nil
}

// legal is a file that has to go along. What ends in .go is code about licences.
var legal = regexp.MustCompile(`(?i)^(un)?(licen[cs]e|copying|notice|patents)([-._]|$)`)

// texts are a module's licences and notices, by their places in it: at its root and in each folder on the way to a linked package, since
// what a module has taken from others lies there with its own.
func (m module) texts() (map[string]string, error) {
	found, seen := map[string]string{}, map[string]bool{}
	for _, dir := range slices.Sorted(maps.Keys(m.packages)) {
		for ; !seen[dir]; dir = filepath.Dir(dir) {
			seen[dir] = true
			place, err := filepath.Rel(m.dir, dir)
			if err != nil || !filepath.IsLocal(place) {
				return nil, fmt.Errorf("%s is not within %s", dir, m.name)
			}
			entries, err := os.ReadDir(dir)
			if err != nil {
				return nil, err
			}
			for _, entry := range entries {
				if entry.IsDir() || !legal.MatchString(entry.Name()) || strings.HasSuffix(entry.Name(), ".go") {
					continue
				}
				text, err := os.ReadFile(filepath.Join(dir, entry.Name()))
				if err != nil {
					return nil, err
				}
				found[filepath.ToSlash(filepath.Join(place, entry.Name()))] = strings.TrimSpace(strings.ReplaceAll(string(text), "\r\n", "\n"))
			}
			if place == "." {
				break
			}
		}
	}
	for name, text := range found {
		if text != "" && !strings.Contains(name, "/") && !strings.HasPrefix(strings.ToLower(name), "notice") {
			return found, nil
		}
	}
	return nil, fmt.Errorf("%s has no licence at its root, %s", m.name, m.dir)
}

const heading = `Third-party software in dbxaccess and dbxaccess-admin

Both programs are under the Apache License 2.0. They are linked with the modules below, which belong to others and are under licences of
their own. Each text stands here once, below all that it came with. The source of a module is published under its path, in the version that
stands beside it; it was not changed.
`

// page is the file: the texts in the order in which modules first have them.
func page(all []module) ([]byte, error) {
	var order []string
	from := map[string][]string{}
	for _, m := range all {
		texts, err := m.texts()
		if err != nil {
			return nil, err
		}
		for _, name := range slices.Sorted(maps.Keys(texts)) {
			text := texts[name]
			if from[text] == nil {
				order = append(order, text)
			}
			from[text] = append(from[text], m.name+": "+name)
		}
	}
	var b bytes.Buffer
	b.WriteString(heading)
	for _, text := range order {
		fmt.Fprintf(&b, "\n%s\n\n%s\n\n%s\n", strings.Repeat("=", 80), strings.Join(from[text], "\n"), text)
	}
	return b.Bytes(), nil
}
