package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// template is what GitLab includes.
const template = "packaging/gitlab/dbxaccess.gitlab-ci.yml"

// onGitLab runs a pipeline's job: https://docs.gitlab.com/ci/yaml/
func (j *ciJob) onGitLab() error {
	jobs := map[string]any{}
	for _, include := range list(j.file, "include") {
		included, err := j.included(include)
		if err != nil {
			return err
		}
		maps.Copy(jobs, included)
	}
	for name, job := range j.file {
		jobs[name] = merged(jobs[name], job)
	}
	job, err := extended(jobs, j.name)
	if err != nil {
		return err
	}
	maps.Copy(j.env, map[string]string{"GITLAB_CI": "true", "CI": "true"})
	variables, _ := at(job, "variables").(map[string]any)
	env := map[string]string{}
	for name, value := range variables {
		env[name] = os.Expand(fmt.Sprint(value), func(name string) string { return j.env[name] })
	}
	if runs, err := matches(list(job, "rules"), func(name string) string { return env[name] + j.env[name] }); err != nil || !runs {
		fmt.Fprintln(j.log, "not in this pipeline")
		return err
	}
	if tokens, _ := at(job, "id_tokens").(map[string]any); tokens != nil {
		for name := range tokens {
			token, err := os.ReadFile(os.Getenv("ID_TOKEN_FOR_" + regexp.MustCompile(`\W`).ReplaceAllString(word(tokens, name, "aud"), "_")))
			if err != nil {
				return err
			}
			env[name] = strings.TrimSpace(string(token))
		}
	}
	if err := openToAll("."); err != nil {
		return err
	}
	// As the runner does for a shell that has pipefail or has not.
	script := []string{"if set -o | grep -q pipefail; then set -o pipefail; fi", "set -o errexit"}
	for _, line := range slices.Concat(list(job, "before_script"), list(job, "script")) {
		script = append(script, fmt.Sprint(line))
	}
	ran := j.shell([]string{"sh", "-c"}, strings.Join(script, "\n"), env, j.log)
	for _, pattern := range append(list(job, "artifacts", "paths"), at(job, "artifacts", "reports", "codequality")) {
		if pattern == nil {
			continue
		}
		found, err := filepath.Glob(fmt.Sprint(pattern))
		if err != nil || len(found) == 0 {
			return errors.Join(ran, fmt.Errorf("there is no %s", pattern))
		}
	}
	return ran
}

// openToAll has a directory be as GitLab's docker and Kubernetes executors leave a checkout: they clone as root, with umask 0, so that images
// of any user can write there. Where this is root, it is the job that is the other user.
func openToAll(dir string) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.Type() == fs.ModeSymlink {
			return err
		}
		return openOne(path)
	})
}

func openOne(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	mode := info.Mode().Perm() | 0o666
	if mode&0o111 != 0 {
		mode |= 0o111
	}
	if os.Geteuid() == 0 {
		err = os.Chown(path, 1001, 1001)
	}
	return errors.Join(err, os.Chmod(path, mode))
}

// included is the template, with a pipeline's inputs filled in.
func (j *ciJob) included(include any) (map[string]any, error) {
	if from := word(include, "remote"); !strings.HasSuffix(from, "/"+template) || !strings.HasPrefix(from, "https://raw.githubusercontent.com/dbxaccess/dbxaccess/v") {
		return nil, fmt.Errorf("what is included from %q?", from)
	}
	text, err := os.ReadFile(filepath.Join(j.repository, template))
	if err != nil {
		return nil, err
	}
	var spec map[string]any
	documents := yaml.NewDecoder(bytes.NewReader(text))
	if err := documents.Decode(&spec); err != nil {
		return nil, err
	}
	given, _ := at(include, "inputs").(map[string]any)
	defined, _ := at(spec, "spec", "inputs").(map[string]any)
	for name := range given {
		if defined[name] == nil {
			return nil, fmt.Errorf("the template has no input %s", name)
		}
	}
	_, body, _ := strings.Cut(string(text), "\n---\n")
	body = regexp.MustCompile(`\$\[\[[^\]]*\]\]`).ReplaceAllStringFunc(body, func(found string) string {
		name := strings.TrimSuffix(strings.TrimPrefix(found, "$[[ inputs."), " ]]")
		value := at(given, name)
		if value == nil {
			value = at(defined, name, "default")
		}
		if options := list(defined, name, "options"); value == nil || options != nil && !slices.Contains(options, value) {
			err = errors.Join(err, fmt.Errorf("what is %s?", found))
		}
		return fmt.Sprint(value)
	})
	var jobs map[string]any
	return jobs, errors.Join(err, yaml.Unmarshal([]byte(body), &jobs))
}

// merged is one mapping over another, as extends does it: mappings are merged, all else is replaced.
func merged(below, above any) any {
	b, isMap := below.(map[string]any)
	a, too := above.(map[string]any)
	if !isMap || !too {
		return above
	}
	all := maps.Clone(b)
	for key, value := range a {
		all[key] = merged(all[key], value)
	}
	return all
}

// extended is a job with what it extends.
func extended(jobs map[string]any, name string) (any, error) {
	if jobs[name] == nil {
		return nil, fmt.Errorf("there is no job %s", name)
	}
	below := word(jobs, name, "extends")
	if below == "" {
		return jobs[name], nil
	}
	job, err := extended(jobs, below)
	return merged(job, jobs[name]), err
}

var clause = regexp.MustCompile(`^\$(\w+)(?: == (?:"([^"]*)"|\$(\w+)))?$`)

// matches is whether a job is in a pipeline: by one of its rules, or because it has none.
func matches(rules []any, variable func(name string) string) (bool, error) {
	for _, rule := range rules {
		holds := true
		for condition := range strings.SplitSeq(word(rule, "if"), " && ") {
			parts := clause.FindStringSubmatch(condition)
			if parts == nil {
				return false, fmt.Errorf("what is if: %s?", condition)
			}
			is, want := variable(parts[1]), parts[2]+variable(parts[3])
			holds = holds && is != "" && (!strings.Contains(condition, "==") || is == want)
		}
		if holds {
			return true, nil
		}
	}
	return len(rules) == 0, nil
}
