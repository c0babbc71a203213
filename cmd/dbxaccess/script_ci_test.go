package main

import (
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

	"github.com/rogpeppe/go-internal/testscript"
	"go.yaml.in/yaml/v3"
)

// act is a program of scripts, which runs one job of a file as GitHub or GitLab would: `act github workflow.yaml check`, `act gitlab
// .gitlab-ci.yml dbxaccess-scan`. It stands in the checkout. What the service says of the job is in the environment; of that, a step gets
// only what it would there, and dbxaccess is in PATH only once it was installed.
func act() (exitCode int) {
	run := map[string]func(j *ciJob) error{"github": (*ciJob).onGitHub, "gitlab": (*ciJob).onGitLab}[os.Args[1]]
	j := &ciJob{log: os.Stdout, repository: os.Getenv("REPOSITORY"), name: os.Args[3], env: serviceEnvironment()}
	text, err := os.ReadFile(os.Args[2])
	if err == nil {
		err = yaml.Unmarshal(text, &j.file)
	}
	if err == nil {
		err = run(j)
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "act:", err)
		return 99
	}
	return 0
}

// ciJob is a job that is being run.
type ciJob struct {
	log        io.Writer
	repository string // where the action, the template and the scripts are
	name       string
	file       map[string]any
	env        map[string]string
}

// serviceEnvironment is what a step finds of this program's own environment: nothing that the script has set for itself.
func serviceEnvironment() map[string]string {
	passed := regexp.MustCompile(`^(HOME|TMPDIR|GORACE|AWS_ENDPOINT_URL.*|AWS_EC2_METADATA_DISABLED|GITHUB_.*|RUNNER_TEMP|CI_.*|CURL_ARGUMENTS|DBXACCESS_NOTES_TOKEN|` + argumentsIn + `|` + clockFile + `)$`)
	env := map[string]string{}
	for _, v := range os.Environ() {
		if name, value, _ := strings.Cut(v, "="); passed.MatchString(name) {
			env[name] = value
		}
	}
	var path []string
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		if _, err := os.Stat(filepath.Join(dir, "dbxaccess")); err != nil || os.Getenv("IMAGE_HAS_DBXACCESS") != "" {
			path = append(path, dir)
		}
	}
	env["PATH"] = strings.Join(path, string(filepath.ListSeparator))
	return env
}

// shell runs a script in a shell, with further variables. What it prints goes to what.
func (j *ciJob) shell(shell []string, script string, further map[string]string, what io.Writer) error {
	cmd := exec.Command(shell[0], append(shell[1:], script)...)
	env := maps.Clone(j.env)
	maps.Copy(env, further)
	for _, name := range slices.Sorted(maps.Keys(env)) {
		cmd.Env = append(cmd.Env, name+"="+env[name])
	}
	cmd.Stdout, cmd.Stderr = what, what
	return cmd.Run()
}

// at is what stands in a tree of maps, by keys; nil where there is nothing.
func at(tree any, keys ...string) any {
	for _, key := range keys {
		m, _ := tree.(map[string]any)
		tree = m[key]
	}
	return tree
}

// word is at as a text.
func word(tree any, keys ...string) string {
	if value := at(tree, keys...); value != nil {
		return fmt.Sprint(value)
	}
	return ""
}

// list is at as a list.
func list(tree any, keys ...string) []any {
	l, _ := at(tree, keys...).([]any)
	return l
}

// scriptFromPage writes a file as a page shows it, in a block that begins with its name: `from-page docs/ci.md .gitlab-ci.yml`.
func scriptFromPage(ts *testscript.TestScript, _ bool, args []string) {
	text, err := os.ReadFile(filepath.Join(repository, args[0]))
	ts.Check(err)
	_, after, found := strings.Cut(string(text), "```yaml\n# "+args[1]+"\n")
	block, _, ends := strings.Cut(after, "```\n")
	if !found || !ends {
		ts.Fatalf("%s shows no %s", args[0], args[1])
	}
	path := ts.MkAbs(args[1])
	ts.Check(os.MkdirAll(filepath.Dir(path), 0o700))
	ts.Check(os.WriteFile(path, []byte(block), 0o600))
	root, err := filepath.Abs(repository)
	ts.Check(err)
	ts.Setenv("REPOSITORY", root)
}
