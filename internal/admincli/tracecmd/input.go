package tracecmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/atomicfile"
	"github.com/dbxaccess/dbxaccess/internal/audit/trace"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/localfile"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// mostFiles bounds how many files are read, and maxState the size of a state, in bytes.
const (
	mostFiles = 1_000_000
	maxState  = 512 << 20
)

func checkNumber(files int) error {
	if files > mostFiles {
		return ui.Errorf("trace-files-many", ui.Failed, "there are more than %d files", mostFiles).With(ui.Advice("trace a part of them, as a month"))
	}
	return nil
}

// filesOf lists the files of all logs.
func filesOf(ctx context.Context, env *cli.Env, f flags) (files []trace.File, err error) {
	var bucket *bucketReader
	for _, log := range []struct {
		name  string
		paths []string
	}{{trace.CloudTrail, f.cloudTrail}, {trace.Databricks, f.databricks}} {
		for _, path := range log.paths {
			var found []trace.File
			if strings.HasPrefix(path, "s3://") {
				if bucket == nil {
					if bucket, err = openS3(env); err != nil {
						return nil, err
					}
				}
				found, err = bucket.list(ctx, log.name, path)
			} else {
				found, err = localFiles(log.name, path)
			}
			if err != nil {
				return nil, err
			}
			if len(found) == 0 {
				return nil, ui.Errorf("trace-files-none", ui.Failed, "there is no file of a log in %s", ui.Clean(path)).
					With(ui.Advice("name a file, or a directory or prefix with files that end with .json or .json.gz"))
			}
			files = append(files, found...)
			if err := checkNumber(len(files)); err != nil {
				return nil, err
			}
		}
	}
	return files, nil
}

// isLog reports whether a file of a directory is taken for one of a log. CloudTrail's digests, which prove its files, are none.
func isLog(log, name string) bool {
	if strings.Contains(name, "CloudTrail-Digest") || strings.Contains(name, "CloudTrail-Insight") {
		return false
	}
	name = strings.TrimSuffix(name, ".gz")
	return strings.HasSuffix(name, ".json") || log == trace.Databricks && (strings.HasSuffix(name, ".csv") || strings.HasSuffix(name, ".jsonl"))
}

// localFiles are a file, or those of a directory and below it.
func localFiles(log, path string) (files []trace.File, err error) {
	err = filepath.WalkDir(path, func(at string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || at != path && !isLog(log, at) {
			return err
		}
		info, err := os.Stat(at)
		if err != nil {
			return err
		}
		if !info.Mode().IsRegular() {
			return fmt.Errorf("%s is no regular file", at)
		}
		files = append(files, trace.File{
			Name: at, Log: log, Stamp: fmt.Sprint(info.Size(), " ", info.ModTime().UnixNano()),
			Open: func(context.Context) (io.ReadCloser, error) { return os.Open(at) },
		})
		return nil
	})
	if err != nil {
		return nil, ui.Errorf("trace-file-unreadable", ui.Failed, "reading %s: %w", ui.Clean(path), err).With(localfile.Remedy(path, err))
	}
	return files, nil
}

// keepState reads the state of a work that was interrupted, and has it kept from now on.
func keepState(o *trace.Options, f flags, digest string) error {
	if f.resume == "" {
		return nil
	}
	if f.output == "json" {
		return ui.Errorf("trace-resume-json", ui.Usage, "--resume does not go with -o json, which is one object: what was printed before an interruption can't be added to").
			With(ui.Command("dbxaccess audit trace --resume FILE -o csv"))
	}
	belongs := digest + " " + f.output
	data, _, err := localfile.ReadTrusted(f.resume, maxState)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		o.State = trace.NewState()
		o.State.Of = belongs
	case err != nil:
		return ui.Errorf("trace-state-unreadable", ui.Failed, "reading %s: %w", ui.Clean(f.resume), err).With(localfile.Remedy(f.resume, err))
	default:
		if o.State, err = trace.DecodeState(bytes.NewReader(data)); err == nil && o.State.Of != belongs {
			err = errors.New("it is of another map, another record, or another form of the answer")
		}
		if err != nil {
			return ui.Errorf("trace-state-other", ui.Failed, "%s does not belong to this work: %w", ui.Clean(f.resume), err).
				With(ui.Advice("name another file, or remove it to begin anew"))
		}
	}
	o.Save = func(s *trace.State) error {
		var b bytes.Buffer
		if err := s.Encode(&b); err != nil {
			return err
		}
		return atomicfile.Write(f.resume, b.Bytes(), 0o600)
	}
	return nil
}
