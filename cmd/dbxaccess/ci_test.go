//go:build linux

package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// GitLab's template holds the scripts, which would otherwise have to be fetched, and by what?
func TestTheGitLabTemplateHoldsTheFilesThatItRuns(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(repository, "packaging", "ci", "*.sh"))
	if err != nil || len(paths) < 8 {
		t.Fatalf("%d scripts (%v)", len(paths), err)
	}
	scripts := map[string]string{}
	for _, path := range paths {
		scripts[filepath.Base(path)] = page(t, filepath.Join("packaging", "ci", filepath.Base(path)))
	}
	want, err := templateOf(page(t, "packaging/gitlab/template.yml"), scripts)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(filepath.Join(repository, template), []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got := page(t, template); got != want {
		t.Errorf("%s is stale (make generate):\n%s", template, cmp.Diff(got, want))
	}
}

// Who pins the action has pinned the programs too, and the pages show the version that there is.
func TestFilesForCIInstallOneVersion(t *testing.T) {
	t.Parallel()
	named := regexp.MustCompile(`v\d+\.\d+\.\d+`)
	version := regexp.MustCompile(`(?m)^  version:\n.*\n    default: (\S+)$`).FindStringSubmatch(page(t, "action.yml"))
	if version == nil || !named.MatchString(version[1]) {
		t.Fatal("action.yml has no default version")
	}
	if !strings.Contains(page(t, template), "      default: "+version[1]+"\n") {
		t.Errorf("%s does not install %s", template, version[1])
	}
	for _, line := range regexp.MustCompile(`(?m)^.*(uses: dbxaccess|- remote: ).*$`).FindAllString(page(t, "docs/ci.md"), -1) {
		if named.FindString(line) != version[1] {
			t.Errorf("docs/ci.md has another version than %s: %s", version[1], line)
		}
	}
}

// templateOf is the template as it is published: what is written by hand, and behind it the scripts.
func templateOf(hand string, scripts map[string]string) (string, error) {
	var text strings.Builder
	text.WriteString(hand)
	const end = "end-of-dbxaccess-ci"
	for _, name := range slices.Sorted(maps.Keys(scripts)) {
		script := scripts[name]
		if strings.Contains(script, "$[[") || strings.Contains(script, end) || !strings.HasSuffix(script, "\n") {
			return "", fmt.Errorf("GitLab would take something in %s for its own", name)
		}
		fmt.Fprintf(&text, "    - |\n      cat >\"$dbxaccess_ci/%s\" <<'%s'\n", name, end)
		for line := range strings.Lines(script) {
			if line != "\n" {
				_, _ = io.WriteString(&text, "      ")
			}
			text.WriteString(line)
		}
		fmt.Fprintf(&text, "      %s\n", end)
	}
	text.WriteString(`    - |
      PATH=$(sh "$dbxaccess_ci/install.sh"):$PATH
      export PATH
      if [ "${INPUT_OWN_MAP-}" = true ] && [ -z "${DBXACCESS_MAP-}" ]; then
        DBXACCESS_MAP=$(sh "$dbxaccess_ci/map.sh")
        export DBXACCESS_MAP
      fi
`)
	return text.String(), nil
}
