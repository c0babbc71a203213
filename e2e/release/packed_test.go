package release

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// file is one of an archive or a package.
type file struct {
	when    time.Time
	mode    fs.FileMode
	owner   int
	content []byte
}

// inArchive are the files in a tar file by name. An Alpine package is several, one behind the other.
func inArchive(t *testing.T, unpacked io.Reader) map[string]file {
	t.Helper()
	files := map[string]file{}
	for r := tar.NewReader(unpacked); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if header.Typeflag != tar.TypeReg {
			continue
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[strings.TrimPrefix(header.Name, "./")] = file{header.ModTime, header.FileInfo().Mode(), header.Uid, content}
	}
}

// inGzip is inArchive for a compressed one.
func inGzip(t *testing.T, path string) map[string]file {
	t.Helper()
	packed, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	unpacked, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	return inArchive(t, unpacked)
}

// inZip are the files in an archive for Windows, which knows of no owner.
func inZip(t *testing.T, path string) map[string]file {
	t.Helper()
	archive, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	files := map[string]file{}
	for _, packed := range archive.File {
		r, err := packed.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err := errors.Join(err, r.Close()); err != nil {
			t.Fatal(err)
		}
		files[packed.Name] = file{packed.Modified, packed.Mode(), 0, content}
	}
	return files
}

// committed is when the commit was made of which the release is.
func committed(t *testing.T) time.Time {
	t.Helper()
	when, err := time.Parse(time.RFC3339, strings.TrimSpace(output(t, "git", "show", "-s", "--format=%cI", metadata(t).Commit)))
	if err != nil {
		t.Fatal(err)
	}
	return when
}

// proper fails where files are of another time than the commit, so that the next build of it would be another archive, where they are
// somebody's, or where others may change them; and where the programs are not for this platform.
func proper(t *testing.T, files map[string]file, system, processor string) {
	t.Helper()
	when := committed(t)
	found := 0
	for name, is := range files {
		mode := fs.FileMode(0o644)
		program := strings.TrimSuffix(strings.TrimPrefix(name, "usr/bin/"), ".exe")
		if slices.Contains(programs, program) {
			mode = 0o755
			found++
			t.Run(program, func(t *testing.T) { judge(t, is.content, system, processor) })
		}
		if !is.when.Equal(when) || is.mode != mode || is.owner != 0 {
			t.Errorf("%s is of %v, the commit of %v; it is %d's, with %v", name, is.when, when, is.owner, is.mode)
		}
	}
	if found != len(programs) {
		t.Errorf("it has %d programs", found)
	}
}
