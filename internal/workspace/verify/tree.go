package verify

import (
	"context"
	"encoding/json"
	"path"
	"strings"
	"time"

	"github.com/databricks/databricks-sdk-go/service/workspace"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// walk is where the way through the workspace's folders is: what lies before it.
type walk struct {
	Folders []folder `json:"folders"`
	Walked  float64  `json:"walked"` // share that is done
}

type folder struct {
	Path  string  `json:"path"`
	Share float64 `json:"share"` // of the whole
}

// Bounds of the tree: folders in folders that a workspace makes up must not keep us.
const (
	mostFolders = 500_000
	mostPath    = 4096
)

// lookAtNotebooks walks through the workspace's folders. One folder after the other is done; a run that is taken up goes on with the
// next one.
func (r *run) lookAtNotebooks(ctx context.Context) error {
	at := r.state.at(Notebooks)
	if at.walk == nil {
		at.walk = new(walk)
		if at.Cursor == nil || json.Unmarshal(at.Cursor, at.walk) != nil {
			*at.walk = walk{Folders: []folder{{"/", 1}}}
		}
	}
	for w := at.walk; len(w.Folders) > 0; {
		last := len(w.Folders) - 1
		next := w.Folders[last]
		inner, err := r.folder(ctx, next)
		if err != nil {
			return err
		}
		share := next.Share / float64(len(inner)+1)
		w.Walked += share
		w.Folders = w.Folders[:last]
		for i := len(inner) - 1; i >= 0; i-- { // so that they are done in their order
			w.Folders = append(w.Folders, folder{inner[i], share})
		}
		if len(w.Folders) > mostFolders {
			return unusual("the workspace has more than %d folders beside each other", mostFolders)
		}
		if err := r.commit(Notebooks); err != nil {
			return err
		}
	}
	return nil
}

// folder looks at what is in one, and returns the folders in it.
func (r *run) folder(ctx context.Context, f folder) (inner []string, err error) {
	var answer struct {
		Objects []workspace.ObjectInfo `json:"objects"`
	}
	err = r.get(ctx, "/api/2.0/workspace/list", map[string]any{"path": f.Path}, &answer)
	switch {
	case err != nil && f.Path != "/" && gone(err):
		return nil, nil
	case err != nil && f.Path != "/" && !ends(ctx, err):
		r.notRead(Notebooks, Object{Type: "folder", Name: f.Path}, "", r.explain("the folder "+ui.Clean(f.Path), err))
		return nil, nil
	case err != nil:
		return nil, err
	}
	var objects []workspace.ObjectInfo
	for _, o := range answer.Objects {
		switch o.ObjectType {
		case workspace.ObjectTypeDirectory, workspace.ObjectTypeRepo:
			// No deeper than itself, whatever the answer says: the walk ends.
			if strings.HasPrefix(o.Path, strings.TrimSuffix(f.Path, "/")+"/") && len(o.Path) <= mostPath {
				inner = append(inner, o.Path)
			}
		case workspace.ObjectTypeNotebook, workspace.ObjectTypeFile, workspace.ObjectTypeDashboard:
			objects = append(objects, o)
		default: // as libraries
			r.other()
		}
	}
	return inner, each(ctx, r, Notebooks, objects, objectOf, r.inFolder)
}

func objectOf(o workspace.ObjectInfo) Object {
	return Object{Type: strings.ToLower(string(o.ObjectType)), Name: shown(o.Path, 300)}
}

// media are files of which nothing is to be had by reading them here.
var media = map[string]bool{
	".png": true, ".jpg": true, ".jpeg": true, ".gif": true, ".svgz": true, ".ico": true, ".webp": true, ".mp4": true, ".mov": true, ".mp3": true, ".wav": true,
	".parquet": true, ".avro": true, ".orc": true, ".woff": true, ".woff2": true, ".ttf": true, ".so": true, ".dll": true, ".pyc": true, ".class": true,
}

// inFolder looks at a notebook with its outputs, or at a file.
func (r *run) inFolder(ctx context.Context, o workspace.ObjectInfo) error {
	object := objectOf(o)
	if unchanged(o, r.state.Since) {
		return r.skip(object)
	}
	if o.ObjectType != workspace.ObjectTypeNotebook {
		if media[strings.ToLower(path.Ext(o.Path))] {
			return r.noText()
		}
		if o.Size > maxFile {
			return tooLarge()
		}
		text, err := r.export(ctx, o.Path, workspace.ExportFormatAuto)
		if err == nil {
			r.content(Notebooks, object, "", path.Base(o.Path), text)
		}
		return err
	}
	text, err := r.export(ctx, o.Path, workspace.ExportFormatJupyter)
	if err == nil {
		r.content(Notebooks, object, "", path.Base(o.Path)+".ipynb", text)
		return nil
	}
	if !exceeds(err) {
		return err
	}
	// What it printed makes it too large: its cells alone may be read.
	text, err = r.export(ctx, o.Path, workspace.ExportFormatSource)
	if err != nil {
		return err
	}
	r.content(Notebooks, object, "", path.Base(o.Path)+extension(o.Language), text)
	r.notRead(Notebooks, object, "outputs", ui.Errorf("", ui.Failed, "with what it printed it is larger than the workspace exports; its cells were looked at").
		With(ui.Advice("clear the notebook's outputs, and verify again")))
	return nil
}

func extension(l workspace.Language) string {
	return map[workspace.Language]string{workspace.LanguagePython: ".py", workspace.LanguageSql: ".sql", workspace.LanguageScala: ".scala", workspace.LanguageR: ".r"}[l]
}

// unchanged reports an object that has not changed since a time. One that does not say when it did may have.
func unchanged(o workspace.ObjectInfo, since time.Time) bool {
	return !since.IsZero() && o.ModifiedAt > 0 && time.UnixMilli(o.ModifiedAt).Before(since)
}
