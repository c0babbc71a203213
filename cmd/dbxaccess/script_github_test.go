package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// onGitHub runs a workflow's job: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
func (j *ciJob) onGitHub() error {
	job := at(j.file, "jobs", j.name)
	if job == nil {
		return fmt.Errorf("there is no job %s", j.name)
	}
	may := func(permission string) bool { return word(job, "permissions", permission) == "write" }
	token := "ghs_read"
	if may("pull-requests") && j.env["GITHUB_FORK"] == "" {
		token = "ghs_write"
	}
	if may("id-token") && j.env["GITHUB_FORK"] == "" {
		for _, name := range []string{"ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"} {
			j.env[name] = os.Getenv(name)
		}
	}
	if j.env["GITHUB_CONTAINER"] != "" { // it is root there, in directories of the runner's user; and a runner's umask may be 0
		if err := errors.Join(openToAll("."), openOne(j.env["RUNNER_TEMP"]), openOne(j.env["HOME"])); err != nil {
			return err
		}
	}
	maps.Copy(j.env, map[string]string{"GITHUB_ACTIONS": "true", "CI": "true"})
	known := map[string]any{"github": map[string]any{"token": token, "api_url": j.env["GITHUB_API_URL"]}}
	return j.steps(list(job, "steps"), known)
}

// steps runs the steps of a job or an action, with what expressions know.
func (j *ciJob) steps(steps []any, known map[string]any) (failed error) {
	outputs := map[string]any{}
	known["steps"] = outputs
	for _, step := range steps {
		wanted, err := holds(word(step, "if"), known, failed)
		if err != nil {
			return err
		}
		if !wanted {
			continue
		}
		said := map[string]any{}
		uses := word(step, "uses")
		switch {
		case strings.HasPrefix(uses, "dbxaccess/dbxaccess@"), uses == "./":
			said, err = j.action(step, known)
		case regexp.MustCompile(`^(actions/checkout|github/codeql-action/upload-sarif)@`).MatchString(uses):
			_, err = filled(step, known, "with")
		case uses == "":
			said, err = j.step(step, known)
		default:
			err = fmt.Errorf("what is %s?", uses)
		}
		outputs[word(step, "id")] = map[string]any{"outputs": said}
		failed = errors.Join(failed, err)
	}
	return failed
}

// action runs the project's own, and returns its outputs.
func (j *ciJob) action(step any, known map[string]any) (map[string]any, error) {
	text, err := os.ReadFile(filepath.Join(j.repository, "action.yml"))
	if err != nil {
		return nil, err
	}
	var action map[string]any
	if err := yaml.Unmarshal(text, &action); err != nil {
		return nil, err
	}
	given, err := filled(step, known, "with")
	if err != nil {
		return nil, err
	}
	inputs := map[string]any{}
	defined, _ := action["inputs"].(map[string]any)
	for name, input := range defined {
		if inputs[name], err = fill(word(input, "default"), known); err != nil {
			return nil, err
		}
	}
	for name, value := range given {
		if _, ok := inputs[name]; !ok {
			return nil, fmt.Errorf("the action has no input %s", name)
		}
		inputs[name] = value
	}
	inner := &ciJob{log: j.log, repository: j.repository, env: maps.Clone(j.env)}
	inner.env["GITHUB_ACTION_PATH"] = j.repository
	within := map[string]any{"inputs": inputs, "github": known["github"]}
	ran := inner.steps(list(action, "runs", "steps"), within)
	j.env["PATH"] = inner.env["PATH"]
	outputs := map[string]any{}
	defined, _ = action["outputs"].(map[string]any)
	for name, output := range defined {
		if outputs[name], err = fill(word(output, "value"), within); err != nil {
			return nil, err
		}
	}
	return outputs, ran
}

// step runs one that is a script, and returns its outputs.
func (j *ciJob) step(step any, known map[string]any) (map[string]any, error) {
	env, err := filled(step, known, "env")
	if err != nil {
		return nil, err
	}
	script := word(step, "run")
	if strings.Contains(script, "${{") {
		return nil, fmt.Errorf("an expression within a script, where it would be run: %s", script)
	}
	shell := []string{"bash", "--noprofile", "--norc", "-eo", "pipefail", "-c"}
	if word(step, "shell") == "sh" {
		shell = []string{"sh", "-e", "-c"}
	}
	dir, err := os.MkdirTemp("", "step")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	for _, name := range []string{"OUTPUT", "PATH"} {
		env["GITHUB_"+name] = filepath.Join(dir, name)
	}
	read, write := io.Pipe()
	shown := make(chan error)
	go func() { shown <- runnerLog(j.log, read) }()
	ran := j.shell(shell, script, env, write)
	err = errors.Join(ran, write.Close(), <-shown)
	outputs := map[string]any{}
	for line := range lines(filepath.Join(dir, "OUTPUT")) {
		name, value, _ := strings.Cut(line, "=")
		outputs[name] = value
	}
	for line := range lines(filepath.Join(dir, "PATH")) {
		j.env["PATH"] = line + string(filepath.ListSeparator) + j.env["PATH"]
	}
	return outputs, err
}

// lines are those of a file, without their ends; none where there is no file.
func lines(path string) func(yield func(string) bool) {
	text, _ := os.ReadFile(path)
	return func(yield func(string) bool) {
		for line := range strings.Lines(string(text)) {
			if !yield(strings.TrimSuffix(line, "\n")) {
				return
			}
		}
	}
}

var (
	commandLine  = regexp.MustCompile(`^\s*::([\w-]+)( [^:]*)?::(.*)$`)
	commandOfOld = regexp.MustCompile(`##\[([\w-]+)[^\]]*\](.*)$`) // anywhere in a line
)

// runnerLog copies what a step prints as GitHub's runner takes it: a line that is a command is shown as ANNOTATION, or as COMMAND if it does
// anything else.
func runnerLog(to io.Writer, from io.Reader) error {
	stopped := ""
	scanner := bufio.NewScanner(from)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		line := scanner.Text()
		command := commandLine.FindStringSubmatch(line)
		if command == nil {
			if old := commandOfOld.FindStringSubmatch(line); old != nil {
				command = []string{line, old[1], "", old[2]}
			}
		}
		switch {
		case stopped != "" && command != nil && command[1] == stopped:
			stopped = ""
		case stopped != "" || command == nil:
			fmt.Fprintln(to, line)
		case command[1] == "stop-commands":
			stopped = command[3]
		case slices.Contains([]string{"error", "warning", "notice"}, command[1]):
			fmt.Fprintf(to, "ANNOTATION %s%s: %s\n", command[1], command[2], strings.NewReplacer("%0A", "\n", "%25", "%").Replace(command[3]))
		default:
			fmt.Fprintf(to, "COMMAND %s\n", line)
		}
	}
	return scanner.Err()
}

var expression = regexp.MustCompile(`\$\{\{ ([\w.-]+) \}\}`)

// fill puts values in place of a text's expressions. An unknown one is an error, which at GitHub would be an empty text.
func fill(text string, known map[string]any) (string, error) {
	var err error
	filled := expression.ReplaceAllStringFunc(text, func(found string) string {
		name := expression.FindStringSubmatch(found)[1]
		if at(known, strings.Split(name, ".")[:1]...) == nil {
			err = fmt.Errorf("what is %s?", found)
		}
		return word(known, strings.Split(name, ".")...)
	})
	if err == nil && strings.Contains(expression.ReplaceAllString(text, ""), "${{") {
		err = fmt.Errorf("what is %s?", text)
	}
	return filled, err
}

// filled are a step's variables or inputs, with their expressions filled in.
func filled(step any, known map[string]any, key string) (map[string]string, error) {
	given, _ := at(step, key).(map[string]any)
	values := map[string]string{}
	for name, value := range given {
		text, err := fill(fmt.Sprint(value), known)
		if err != nil {
			return nil, err
		}
		values[name] = text
	}
	return values, nil
}

// holds is whether a step's condition does, where what came before may have failed.
func holds(condition string, known map[string]any, failed error) (bool, error) {
	if rest, always := strings.CutPrefix(condition, "always()"); always {
		condition, failed = strings.TrimPrefix(rest, " && "), nil
	}
	if failed != nil {
		return false, nil
	}
	if condition == "" {
		return true, nil
	}
	name, literal, compares := strings.Cut(condition, " != ")
	if !compares {
		return false, fmt.Errorf("what is if: %s?", condition)
	}
	return word(known, strings.Split(name, ".")...) != strings.Trim(literal, "'"), nil
}
