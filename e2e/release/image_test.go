package release

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// base is without a shell and has a user that is not root, and nobody can change what the digest names.
var base = regexp.MustCompile(`^gcr\.io/distroless/static-debian\d+:nonroot@sha256:[0-9a-f]{64}$`)

// The image for jobs is built where there is Docker, in the workflow. What can be said of it without: what it stands on, that each file
// that it copies is where goreleaser puts it for Docker, and what it holds.
func TestTheImage(t *testing.T) {
	dist(t)
	text, err := os.ReadFile("../../.goreleaser.yml")
	if err != nil {
		t.Fatal(err)
	}
	var config struct {
		Images []struct {
			Dockerfile string
			IDs        []string
			Platforms  []string
			Extra      []string `yaml:"extra_files"`
		} `yaml:"dockers_v2"`
	}
	if err := yaml.Unmarshal(text, &config); err != nil {
		t.Fatal(err)
	}
	if len(config.Images) != 1 || len(config.Images[0].Platforms) != 2 || !slices.Equal(config.Images[0].IDs, programs) {
		t.Fatalf("there is not the one image: %+v", config.Images)
	}
	image := config.Images[0]
	given := map[string]bool{}
	for _, name := range image.Extra {
		if _, err := os.Stat(filepath.Join("../..", name)); err != nil {
			t.Errorf("Docker is to be given %v", err)
		}
		given[name] = true
	}
	for _, platform := range image.Platforms {
		for _, name := range programs {
			made(t, name+"_"+strings.ReplaceAll(platform, "/", "_")+"*/"+name)
		}
	}
	recipe, err := os.ReadFile(filepath.Join("../..", image.Dockerfile))
	if err != nil {
		t.Fatal(err)
	}
	var holds []string
	for line := range strings.Lines(string(recipe)) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] == "#" {
			continue
		}
		switch words[0] {
		case "FROM":
			if len(words) != 2 || !base.MatchString(words[1]) {
				t.Errorf("it stands on another base: %s", line)
			}
		case "COPY":
			last := len(words) - 1
			for _, name := range words[1:last] {
				if of, program := strings.CutPrefix(name, "$TARGETPLATFORM/"); !given[name] && (!program || !slices.Contains(programs, of)) {
					t.Errorf("Docker is not given %s", name)
				}
				holds = append(holds, words[last]+filepath.Base(name))
			}
		case "ARG", "ENTRYPOINT":
			if rest := strings.Join(words[1:], " "); rest != "TARGETPLATFORM" && rest != `["/usr/bin/dbxaccess"]` {
				t.Errorf("it has %s", line)
			}
		default: // no USER that is root, no RUN: there is nothing to run
			t.Errorf("it has %s", line)
		}
	}
	if want := []string{
		"/usr/bin/dbxaccess", "/usr/bin/dbxaccess-admin",
		"/usr/share/licenses/dbxaccess/LICENSE", "/usr/share/licenses/dbxaccess/" + thirdParty,
	}; !slices.Equal(holds, want) {
		t.Errorf("it holds %q and not %q", holds, want)
	}
}
