package statickeys

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/zricethezav/gitleaks/v8/detect"
	"github.com/zricethezav/gitleaks/v8/report"
	"github.com/zricethezav/gitleaks/v8/sources"

	"github.com/dbxaccess/dbxaccess/e2e/internal/laptop"
)

var update = flag.Bool("update", false, "write the table into docs/static-keys.md")

// What is asked of scan.
const (
	leastRecall   = 0.97 // of AWS's and Databricks' keys
	alarmsInFiles = 20   // clean files for each false alarm
)

// finding is what `scan -o json` says of a key.
type finding struct {
	Rule  string `json:"rule"`
	Place struct {
		File, Entry, Commit string
		Cell, Line          int
	} `json:"place"`
	Tail   string `json:"tail"`
	Lesser bool   `json:"lesser"`
}

// scan runs the program as people do, and returns its findings with files as the corpus names them.
func scan(t *testing.T, program, dir string, arguments ...string) []finding {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, append([]string{"scan", "-o", "json"}, arguments...)...)
	cmd.Dir = dir
	cmd.Env = []string{"HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH")}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if cmd.ProcessState.ExitCode() != 1 { // findings
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	var answer struct {
		Findings []finding `json:"findings"`
	}
	if err := json.Unmarshal(out, &answer); err != nil {
		t.Fatal(err)
	}
	for i, f := range answer.Findings {
		answer.Findings[i].Place.File = filepath.ToSlash(filepath.Clean(f.Place.File))
	}
	return answer.Findings
}

// isOf reports whether a finding is of a key, wherever it says that the key is.
func (f finding) isOf(k Key) bool {
	rules := map[Family][]string{
		AWSID: {"aws-"}, AWSSecret: {"aws-"}, Databricks: {"databricks-"}, Azure: {"azure-"}, Password: {"database-password", "password", "url-password"},
		Other: {"private-key", "github-token", "openai-key", "aws-bedrock-key"},
	}
	named := slices.ContainsFunc(rules[k.Family], func(prefix string) bool { return strings.HasPrefix(f.Rule, prefix) })
	if !named || f.Place.File != k.path() || (f.Place.Commit != "") != k.History {
		return false
	}
	if k.Kind == "pem" || len(k.Secret) < 16 {
		return f.Place.Line == k.Line
	}
	return f.Tail == k.Secret[len(k.Secret)-4:] || f.Tail == k.Written[len(k.Written)-4:]
}

func (k Key) path() string {
	if k.History {
		return HistoryDir + "/" + k.File
	}
	return k.File
}

// counts are how many keys of a family were found.
type counts map[Family]int

// Scan finds the keys of the corpus, says where they are, and takes nothing else for one; gitleaks reads the same corpus.
func TestRecall(t *testing.T) {
	t.Parallel()
	program, err := laptop.Build("../..", "./cmd/dbxaccess-admin", t.TempDir(), runtime.GOOS)
	if err != nil {
		t.Fatal(err)
	}
	c := corpus(t, seed)
	found := append(scan(t, program, c.Dir, "."), slices.DeleteFunc(scan(t, program, c.Dir, HistoryDir, "--git"), func(f finding) bool { return f.Place.Commit == "" })...)
	total, mine := counts{}, counts{}
	var asked, hit int
	taken := map[int]bool{}
	for _, k := range c.Keys {
		i := slices.IndexFunc(found, func(f finding) bool { return f.isOf(k) })
		if i >= 0 {
			taken[i] = true
		}
		if k.Loose {
			continue
		}
		wanted := k.Family == AWSID || k.Family == AWSSecret || k.Family == Databricks
		total[k.Family]++
		if wanted {
			asked++
		}
		if i < 0 {
			t.Logf("missed: %s in %s%s, line %d", k.Kind, k.path(), "!"+k.Entry, k.Line)
			continue
		}
		mine[k.Family]++
		if wanted {
			hit++
		}
		checkPlace(t, c, k, found[i])
	}
	if recall := float64(hit) / float64(asked); recall < leastRecall {
		t.Errorf("%d of %d keys of AWS and Databricks were found: %.3f", hit, asked, recall)
	}
	alarms := map[string]int{}
	for _, f := range found {
		if slices.Contains(c.Clean, f.Place.File) {
			t.Logf("false alarm: %+v", f)
			alarms[f.Place.File]++
		}
	}
	if n := sum(alarms); n*alarmsInFiles > len(c.Clean) {
		t.Errorf("%d false alarms in %d clean files", n, len(c.Clean))
	}
	theirs, theirAlarms := gitleaks(t, c)
	writeTable(t, c, total, mine, theirs, alarms, theirAlarms)
}

// checkPlace fails where a person would not find the key by what the finding says.
func checkPlace(t *testing.T, c *Corpus, k Key, f finding) {
	t.Helper()
	if f.Place.Entry != k.Entry || f.Place.Cell != k.Cell || k.Line > 0 && f.Place.Line != k.Line || f.Lesser != k.Lesser {
		t.Errorf("%s in %s: told as %+v, and is in entry %q, cell %d, line %d", k.Kind, k.path(), f, k.Entry, k.Cell, k.Line)
	}
	if !k.History {
		return
	}
	show := exec.CommandContext(t.Context(), "git", "show", f.Place.Commit+":"+k.File)
	show.Dir = filepath.Join(c.Dir, HistoryDir)
	if out, err := show.Output(); err != nil || !bytes.Contains(out, []byte(k.Written)) {
		t.Errorf("%s: commit %s does not have the %s: %v", k.path(), f.Place.Commit, k.Kind, err)
	}
}

// gitleaks looks through the corpus with its own rules, decoding and unpacking as deep as its program may be asked to.
func gitleaks(t *testing.T, c *Corpus) (found counts, alarms map[string]int) {
	t.Helper()
	look := func(source func(*detect.Detector) sources.Source) []report.Finding {
		d, err := detect.NewDetectorDefaultConfig()
		if err != nil {
			t.Fatal(err)
		}
		d.MaxDecodeDepth, d.MaxArchiveDepth = 5, 2
		all, err := d.DetectSource(t.Context(), source(d))
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	all := look(func(d *detect.Detector) sources.Source {
		return &sources.Files{Config: &d.Config, Path: c.Dir, Sema: d.Sema, MaxArchiveDepth: d.MaxArchiveDepth}
	})
	all = append(all, look(func(d *detect.Detector) sources.Source {
		log, err := sources.NewGitLogCmdContext(t.Context(), filepath.Join(c.Dir, HistoryDir), "")
		if err != nil {
			t.Fatal(err)
		}
		return &sources.Git{Cmd: log, Config: &d.Config, Remote: &sources.RemoteInfo{}, Sema: d.Sema}
	})...)
	found, alarms = counts{}, map[string]int{}
	for _, k := range c.Keys {
		if !k.Loose && slices.ContainsFunc(all, func(f report.Finding) bool {
			return strings.Contains(f.Secret, k.Secret) || strings.Contains(f.Match, k.Secret) || strings.Contains(f.Match, k.Written) ||
				k.Kind == "pem" && strings.HasPrefix(f.Secret, k.Secret[:100])
		}) {
			found[k.Family]++
		}
	}
	for _, f := range all {
		name, err := filepath.Rel(c.Dir, f.File)
		if err != nil {
			continue // of the history, which has no clean files
		}
		name, _, _ = strings.Cut(filepath.ToSlash(name), "!") // of an archive
		if slices.Contains(c.Clean, name) {
			alarms[name]++
		}
	}
	return found, alarms
}

func sum(alarms map[string]int) (n int) {
	for _, count := range alarms {
		n += count
	}
	return n
}

// writeTable compares the table on the page, or writes it.
func writeTable(t *testing.T, c *Corpus, total, mine, theirs counts, alarms, theirAlarms map[string]int) {
	t.Helper()
	const begin, end = "<!-- measured: make generate -->\n", "<!-- end of what was measured -->\n"
	var b strings.Builder
	all := counts{}
	fmt.Fprintf(&b, "%s| in %d files with keys | keys | `dbxaccess scan` | gitleaks 8.30.1 |\n|---|---|---|---|\n", begin, len(c.Files))
	for _, family := range families {
		fmt.Fprintf(&b, "| %s | %d | %d | %d |\n", family, total[family], mine[family], theirs[family])
		all["total"], all["mine"], all["theirs"] = all["total"]+total[family], all["mine"]+mine[family], all["theirs"]+theirs[family]
	}
	fmt.Fprintf(&b, "| all | %d | %d | %d |\n", all["total"], all["mine"], all["theirs"])
	fmt.Fprintf(&b, "| false alarms in %d clean files | | %s | %s |\n%s", len(c.Clean), inFiles(alarms), inFiles(theirAlarms), end)
	path := filepath.Join("..", "..", "docs", "static-keys.md")
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(page), begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatal("the page has no place for the table")
	}
	want := before + b.String() + after
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if string(page) != want {
		t.Errorf("%s is stale: make generate\n%s", path, b.String())
	}
}

func inFiles(alarms map[string]int) string {
	if len(alarms) == 0 {
		return "0"
	}
	return fmt.Sprintf("%d in %d files", sum(alarms), len(alarms))
}
