package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/statickeys"
)

var fuzzTarget = regexp.MustCompile(`(?m)^func (Fuzz[A-Za-z0-9]+)\(`)

// Each fuzz target has inputs in the repository, of those that fuzzing found to be interesting: a run that knows nothing would spend its time on
// finding them again, and with them the tests of every change go where a seed alone does not.
func TestEveryFuzzTargetHasACorpus(t *testing.T) {
	t.Parallel()
	const (
		largest = 4 << 10
		all     = 400 << 10 // together: they are in every clone
	)
	targets, corpora, together := map[string]bool{}, map[string]bool{}, 0
	for _, root := range []string{"cmd", "internal"} {
		err := filepath.WalkDir(filepath.Join("..", "..", root), func(path string, entry fs.DirEntry, err error) error {
			dir, name := filepath.Split(path)
			of, inCorpus := strings.CutSuffix(filepath.ToSlash(filepath.Dir(filepath.Clean(dir))), "/testdata/fuzz")
			isTest := strings.HasSuffix(name, "_test.go")
			if err != nil || entry.IsDir() || !isTest && !inCorpus {
				return err
			}
			content, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if isTest {
				for _, found := range fuzzTarget.FindAllSubmatch(content, -1) {
					targets[filepath.ToSlash(dir)+string(found[1])] = true
				}
				return nil
			}
			corpora[of+"/"+filepath.Base(dir)] = true
			together += len(content)
			if len(content) > largest {
				t.Errorf("%s has %d bytes, more than %d", path, len(content), largest)
			}
			(&statickeys.Scanner{}).Bytes(path, content, func(found statickeys.Finding) {
				t.Errorf("%s looks as if it held a key (%s), which scanners of others would report: leave it out", path, found.Rule)
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for target := range targets {
		if !corpora[target] {
			t.Errorf("%s has no corpus: put some of the inputs that make fuzz leaves below $(go env GOCACHE)/fuzz into testdata/fuzz/%s",
				target, filepath.Base(target))
		}
	}
	for corpus := range corpora {
		if !targets[corpus] {
			t.Errorf("%s is no fuzz target any more, and has a corpus", corpus)
		}
	}
	if together > all {
		t.Errorf("%d bytes of corpora, more than %d", together, all)
	}
	if len(targets) < 100 {
		t.Errorf("only %d fuzz targets were found", len(targets))
	}
}
