package statickeys

import (
	"context"
	"embed"
	"encoding/base64"
	"fmt"
	"hash/fnv"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/tools/txtar"
)

//go:embed testdata/*.txtar
var templates embed.FS

// Key is a made-up key, and the place where a person has to look for it.
type Key struct {
	Kind    string
	Family  Family
	Secret  string // as it would be used
	Written string // as it stands in its file
	File    string // within the corpus, with slashes; an archive's own name
	Entry   string // within an archive; else empty
	Cell    int    // from 1; 0 where the file has no cells
	Output  bool   // in what a cell printed
	Line    int    // from 1: in the cell, in the entry, or in the file; of encoded text, where it begins; 0 in an output
	Inner   int    // the line in encoded text; else 0
	History bool   // only in the history of the repository
	Lesser  bool
	Loose   bool
}

// Corpus is what was written below a folder.
type Corpus struct {
	Dir   string
	Keys  []Key
	Files []string // with at least one key
	Clean []string // without one
}

// HistoryDir is the folder of the corpus that is a git repository.
const HistoryDir = "history"

// Write writes the corpus below dir, which is empty. The same seed gives the same keys; a template's keys don't depend on other templates.
func Write(ctx context.Context, dir string, seed uint64) (*Corpus, error) {
	c := &Corpus{Dir: dir}
	names, err := fs.Glob(templates, "testdata/*.txtar")
	if err != nil {
		return nil, err
	}
	p := packer{corpus: c, entries: map[string][]entry{}, git: func(arguments ...string) error {
		return git(ctx, filepath.Join(dir, HistoryDir), arguments...)
	}}
	for _, name := range names {
		data, err := templates.ReadFile(name)
		if err != nil {
			return nil, err
		}
		for _, section := range txtar.Parse(data).Files {
			hash := fnv.New64a()
			_, _ = hash.Write([]byte(section.Name))
			random := rand.New(rand.NewPCG(seed, hash.Sum64())) //nolint:gosec // made-up keys, the same each time
			// The empty line before the next section is the template's, not the file's.
			body := strings.TrimSuffix(string(section.Data), "\n\n")
			if body != "" && !strings.HasSuffix(body, "\n") {
				body += "\n"
			}
			if err := p.add(random, section.Name, body); err != nil {
				return nil, fmt.Errorf("%s: %s: %w", name, section.Name, err)
			}
		}
	}
	return c, p.finish()
}

// fill puts keys and fillers in the place of the markers of a template.
func fill(r *rand.Rand, template string) (text string, keys []Key, err error) {
	const encodedBegin, encodedEnd = "base64<", ">base64⟧"
	var b strings.Builder
	for line := 1; ; {
		before, rest, found := strings.Cut(template, "⟦")
		b.WriteString(before)
		line += strings.Count(before, "\n")
		if !found {
			return b.String(), keys, nil
		}
		if inside, ok := strings.CutPrefix(rest, encodedBegin); ok {
			inside, template, found = strings.Cut(inside, encodedEnd)
			if !found {
				return "", nil, fmt.Errorf("line %d: no %s", line, encodedEnd)
			}
			decoded, within, err := fill(r, inside)
			if err != nil {
				return "", nil, err
			}
			for _, key := range within {
				key.Line, key.Inner = line, key.Line
				keys = append(keys, key)
			}
			b.WriteString(base64.StdEncoding.EncodeToString([]byte(decoded)))
			continue
		}
		var marker string
		marker, template, _ = strings.Cut(rest, "⟧")
		m, isKey := makers[marker]
		if !isKey {
			filled, err := filler(r, marker)
			if err != nil {
				return "", nil, fmt.Errorf("line %d: %w", line, err)
			}
			b.WriteString(filled)
			continue
		}
		secret, written := m.make(r)
		b.WriteString(written)
		keys = append(keys, Key{Kind: marker, Family: m.family, Secret: secret, Written: written, Line: line, Lesser: m.lesser, Loose: m.loose})
		line += strings.Count(written, "\n")
	}
}

// write writes a file of the corpus and takes down its keys.
func (c *Corpus) write(name string, content []byte, keys []Key) error {
	path := filepath.Join(c.Dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		return err
	}
	if len(keys) == 0 {
		c.Clean = append(c.Clean, name)
		return nil
	}
	c.Files = append(c.Files, name)
	for _, key := range keys {
		key.File = name
		c.Keys = append(c.Keys, key)
	}
	return nil
}
