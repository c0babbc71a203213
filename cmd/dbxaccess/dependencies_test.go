//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// direct is a module that go.mod names because our own code imports it.
type direct struct {
	Path, Version, Dir string
	Time               *time.Time
}

// directOnes are they, in the order of go.mod.
func directOnes(t *testing.T) (found []direct) {
	t.Helper()
	var mod struct {
		Require []struct {
			Path     string
			Indirect bool
		}
	}
	if err := json.Unmarshal(goSays(t, nil, "mod", "edit", "-json"), &mod); err != nil {
		t.Fatal(err)
	}
	args := []string{"list", "-m", "-json=Path,Version,Dir,Time"}
	for _, r := range mod.Require {
		if !r.Indirect {
			args = append(args, r.Path)
		}
	}
	for d := json.NewDecoder(strings.NewReader(string(goSays(t, nil, args...)))); d.More(); {
		var one direct
		if err := d.Decode(&one); err != nil {
			t.Fatal(err)
		}
		found = append(found, one)
	}
	return found
}

func goSays(t *testing.T, env []string, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir, cmd.Env = repository, append(os.Environ(), env...)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %s: %v", strings.Join(args, " "), err)
	}
	return out
}

// dependency is a row of docs/dependencies.md: module, version and day, last release, licence, what for, who keeps it, what it weighs in either program.
var dependency = regexp.MustCompile("(?m)^\\| `([^`]+)` \\| ([^|]+) \\| ([^|]+) \\| ([^|]+) \\| ([^|]+) \\| ([^|]+) \\| ([^|]+) \\| ([^|]+) \\|$")

// TestThePageOnDependencies holds docs/dependencies.md to go.mod. A version that changes changes its row, so that whoever raises one looks
// at the row; with -update it is written there, with what each weighs. What a module is for, who keeps it, and what was released
// last is a person's to write.
func TestThePageOnDependencies(t *testing.T) {
	t.Parallel()
	const name = "docs/dependencies.md"
	text, ones := page(t, name), map[string]direct{}
	for _, one := range directOnes(t) {
		ones[one.Path] = one
	}
	var weights []map[string]string
	if *update {
		for _, b := range budgets {
			weights = append(weights, weigh(t, b.program, slices.Collect(maps.Keys(ones))))
		}
	}
	seen := map[string]bool{}
	got := dependency.ReplaceAllStringFunc(text, func(row string) string {
		cell := dependency.FindStringSubmatch(row)[1:]
		one, ok := ones[cell[0]]
		if !ok || seen[cell[0]] {
			t.Errorf("%s has a row of %s, which go.mod does not need, or two", name, cell[0])
			return row
		}
		seen[cell[0]] = true
		_, day, _ := strings.Cut(cell[1], ", ")
		if one.Time != nil { // it is told by whoever has the module, which may be a copy without it
			day = one.Time.UTC().Format(time.DateOnly)
		}
		cell[1], cell[3] = short(one.Version)+", "+day, licenceOf(one.Dir)
		for i, weight := range weights {
			cell[6+i] = weight[cell[0]]
		}
		return "| `" + cell[0] + "` | " + strings.Join(cell[1:], " | ") + " |"
	})
	for path := range ones {
		if !seen[path] {
			t.Errorf("%s has no row of %s: say what it is for, and who keeps it", name, path)
		}
	}
	if *update {
		if err := os.WriteFile(filepath.Join(repository, name), []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got != text {
		t.Errorf("%s is stale (make generate, and read the difference):\n%s", name, cmp.Diff(text, got))
	}
}

// short is a version without the hash of one that has no number.
func short(version string) string {
	if parts := strings.Split(version, "-"); len(parts) == 3 {
		return parts[2]
	}
	return version
}

// weigh says for each module what a program would be rid of without it: the code and data of its packages, and of those that it alone
// brings. Types, texts and tables of line numbers, half of a program, name no package and are not in it.
func weigh(t *testing.T, program string, paths []string) map[string]string {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("programs are weighed on Linux")
	}
	type pkg struct {
		Imports []string
		of      string
	}
	packages, main := map[string]pkg{}, ""
	static := []string{"CGO_ENABLED=0", "GOFLAGS=-buildvcs=false"}
	list := goSays(t, static, "list", "-deps", "-json=ImportPath,Imports,Module", "./cmd/"+program)
	for d := json.NewDecoder(strings.NewReader(string(list))); d.More(); {
		var p struct {
			ImportPath string
			Imports    []string
			Module     *struct{ Path string }
		}
		if err := d.Decode(&p); err != nil {
			t.Fatal(err)
		}
		of := ""
		if p.Module != nil {
			of = p.Module.Path
		}
		packages[p.ImportPath], main = pkg{p.Imports, of}, p.ImportPath // it comes last
	}
	reached := func(without string) map[string]bool {
		found, todo := map[string]bool{main: true}, []string{main}
		for len(todo) > 0 {
			next := packages[todo[0]].Imports
			todo = todo[1:]
			for _, p := range next {
				if of, known := packages[p]; known && !found[p] && (without == "" || of.of != without) {
					found[p] = true
					todo = append(todo, p)
				}
			}
		}
		return found
	}
	size, all, weights := sizes(t, program, static), reached(""), map[string]string{}
	for _, path := range paths {
		left, bytes, count := reached(path), 0, 0
		for p := range all {
			if !left[p] {
				bytes += size[p]
				count++
			}
		}
		weights[path] = "–"
		if count > 0 {
			weights[path] = fmt.Sprintf("%d kB, %d", (bytes+999)/1000, count)
		}
	}
	return weights
}

// symbol is a line of go tool nm -size: address, size, kind and name. Of those that only take memory nothing is in the file.
var symbol = regexp.MustCompile(`(?m)^ *[0-9a-f]+ +(\d+) [TtRrDd] (?:type:\.\w+\.|go:itab\.|\*)*([^\s(\[{,]+)`)

// sizes are what a program's packages weigh: what its symbols take that begin with their paths.
func sizes(t *testing.T, program string, env []string) map[string]int {
	t.Helper()
	path := filepath.Join(t.TempDir(), program)
	goSays(t, env, "build", "-trimpath", "-ldflags", "-w", "-o", path, "./cmd/"+program)
	found := map[string]int{}
	for _, match := range symbol.FindAllStringSubmatch(string(goSays(t, nil, "tool", "nm", "-size", path)), -1) {
		n, _ := strconv.Atoi(match[1])
		slash := strings.LastIndex(match[2], "/") + 1
		last, _, named := strings.Cut(match[2][slash:], ".")
		if named {
			// Dots in the last element of a path are escaped: gopkg.in/yaml%2ev3.
			found[strings.ReplaceAll(match[2][:slash]+last, "%2e", ".")] += n
		}
	}
	return found
}
