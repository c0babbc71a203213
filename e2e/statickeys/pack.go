package statickeys

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf16"
)

// entry is a file of an archive.
type entry struct {
	name    string
	content []byte
	keys    []Key
}

// packer writes sections as the files that their names ask for: `utf16:` and `crlf:` before a name, folders named as archives, and
// git/N/NAME, which is what commit N writes, or deletes where the section is empty.
type packer struct {
	corpus  *Corpus
	order   []string // archives, as they come
	entries map[string][]entry
	commits int
	git     func(arguments ...string) error // in the repository
}

func (p *packer) add(r *rand.Rand, name, template string) error {
	if step, rest, ok := strings.Cut(strings.TrimPrefix(name, "git/"), "/"); ok && strings.HasPrefix(name, "git/") {
		return p.commit(r, step, rest, template)
	}
	for _, kind := range []string{".dbc/", ".zip/", ".tar.gz/"} {
		if before, after, ok := strings.Cut(name, kind); ok {
			archive := before + strings.TrimSuffix(kind, "/")
			content, keys, err := content(r, after, template, kind == ".dbc/")
			if p.entries[archive] == nil {
				p.order = append(p.order, archive)
			}
			for i := range keys {
				keys[i].Entry = after
			}
			p.entries[archive] = append(p.entries[archive], entry{name: after, content: content, keys: keys})
			return err
		}
	}
	how, bare, ok := strings.Cut(name, ":")
	if !ok {
		how, bare = "", name
	}
	body, keys, err := content(r, bare, template, false)
	if err != nil {
		return err
	}
	switch how {
	case "utf16":
		body = utf16le(string(body))
	case "crlf":
		body = append([]byte("\xef\xbb\xbf"), bytes.ReplaceAll(body, []byte("\n"), []byte("\r\n"))...)
	}
	if strings.HasSuffix(bare, ".gz") {
		if body, err = gzipped(body); err != nil {
			return err
		}
	}
	return p.corpus.write(bare, body, keys)
}

// content is what a template becomes in a file of that name.
func content(r *rand.Rand, name, template string, command bool) ([]byte, []Key, error) {
	if !strings.HasPrefix(template, "%%% ") {
		text, keys, err := fill(r, template)
		if first, _, _ := strings.Cut(text, "\n"); strings.HasSuffix(first, " Databricks notebook source") {
			for i, key := range keys {
				before := strings.Join(strings.SplitAfter(text, "\n")[:key.Line-1], "")
				keys[i].Cell = 1 + strings.Count(before, " COMMAND ----------\n")
			}
		}
		return []byte(text), keys, err
	}
	cells, keys, err := cellsOf(r, template)
	if err != nil {
		return nil, nil, err
	}
	write := func() ([]byte, error) { return ipynb(cells) }
	switch {
	case command:
		write = func() ([]byte, error) { return dbc(name, cells) }
	case path.Ext(name) == ".html":
		write = func() ([]byte, error) { return exported("report.python", cells) }
		for i := range keys { // cells are in the encoded model, which is one line of the page
			keys[i].Cell, keys[i].Inner, keys[i].Line = 0, keys[i].Line, modelLine
		}
	}
	body, err := write()
	return body, keys, err
}

func (p *packer) finish() error {
	for _, archive := range p.order {
		pack := zipped
		if strings.HasSuffix(archive, ".tar.gz") {
			pack = tarred
		}
		body, err := pack(p.entries[archive])
		if err != nil {
			return err
		}
		var keys []Key
		for _, e := range p.entries[archive] {
			keys = append(keys, e.keys...)
		}
		if err := p.corpus.write(archive, body, keys); err != nil {
			return err
		}
	}
	if p.commits == 0 {
		return nil
	}
	return p.git("commit", "-q", "-m", "last")
}

// commit adds to the commit of a step; a new step closes the one before. Keys are counted as of the history: what is written is changed later.
func (p *packer) commit(r *rand.Rand, step, name, template string) error {
	if number := int(step[0] - '0'); number != p.commits {
		begin := []string{"init", "-q", "-b", "main", "."}
		if p.commits > 0 {
			begin = []string{"commit", "-q", "-m", "step"}
		} else if err := os.MkdirAll(filepath.Join(p.corpus.Dir, HistoryDir), 0o700); err != nil {
			return err
		}
		if err := p.git(begin...); err != nil {
			return err
		}
		p.commits = number
	}
	if template == "" {
		return p.git("rm", "-q", name)
	}
	body, keys, err := content(r, name, template, false)
	if err != nil {
		return err
	}
	full := filepath.Join(p.corpus.Dir, HistoryDir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(full), 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(full, body, 0o600); err != nil {
		return err
	}
	if len(keys) > 0 {
		p.corpus.Files = append(p.corpus.Files, HistoryDir+"/"+name)
	}
	for _, key := range keys {
		key.File, key.History = name, true
		p.corpus.Keys = append(p.corpus.Keys, key)
	}
	return p.git("add", name)
}

// git runs git in a directory, without the settings of who runs it.
func git(ctx context.Context, dir string, arguments ...string) error {
	cmd := exec.CommandContext(ctx, "git", arguments...) //nolint:gosec // our own words
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=alice", "GIT_AUTHOR_EMAIL=alice@example.com", "GIT_COMMITTER_NAME=alice", "GIT_COMMITTER_EMAIL=alice@example.com")
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("git %s: %w\n%s", arguments[0], err, output)
	}
	return nil
}

func utf16le(text string) []byte {
	b := []byte{0xff, 0xfe}
	for _, unit := range utf16.Encode([]rune(text)) {
		b = binary.LittleEndian.AppendUint16(b, unit)
	}
	return b
}

func zipped(entries []entry) ([]byte, error) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range entries {
		f, err := w.Create(e.name)
		if err != nil {
			return nil, err
		}
		if _, err := f.Write(e.content); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return b.Bytes(), err
}

func tarred(entries []entry) ([]byte, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range entries {
		if err := w.WriteHeader(&tar.Header{Name: e.name, Mode: 0o600, Size: int64(len(e.content)), Typeflag: tar.TypeReg}); err != nil {
			return nil, err
		}
		if _, err := w.Write(e.content); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return gzipped(b.Bytes())
}

func gzipped(content []byte) ([]byte, error) {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(content); err != nil {
		return nil, err
	}
	err := w.Close()
	return slices.Clone(b.Bytes()), err
}
