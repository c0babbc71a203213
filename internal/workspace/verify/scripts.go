package verify

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"path"
	"slices"
	"strings"

	"github.com/databricks/databricks-sdk-go/apierr"
	"github.com/databricks/databricks-sdk-go/service/compute"
	"github.com/databricks/databricks-sdk-go/service/files"
	"github.com/databricks/databricks-sdk-go/service/workspace"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// maxFile bounds a script or file that is read, in bytes: the workspace exports no larger ones.
const maxFile = 10 << 20

// mostScripts bounds how many init scripts are told apart. Beyond that, one that many refer to may be read more than once.
const mostScripts = 100_000

// lookAtScripts looks at those that run on every machine of the workspace. Others are looked at with the compute that starts with them.
func (r *run) lookAtScripts(ctx context.Context) error {
	items, err := r.all(ctx, list{path: "/api/2.0/global-init-scripts", items: "scripts"})
	if err != nil {
		return err
	}
	return each(ctx, r, Scripts, items, func(raw json.RawMessage) Object { return Object{Type: "global init script", Name: nameIn(raw)} },
		func(ctx context.Context, raw json.RawMessage) error {
			listed, ok := read[compute.GlobalInitScriptDetails](r, Scripts, raw)
			if !ok {
				return nil
			}
			var one compute.GlobalInitScriptDetailsWithContent
			if err := r.get(ctx, "/api/2.0/global-init-scripts/"+segment(listed.ScriptId), nil, &one); err != nil {
				return err
			}
			text, err := base64.StdEncoding.DecodeString(one.Script)
			if err != nil {
				return unusual("the script is not base64")
			}
			r.content(Scripts, Object{"global init script", listed.ScriptId, listed.Name}, "", path.Base(listed.Name)+".sh", text)
			return nil
		})
}

// script looks at an init script of compute, once however many refer to it.
func (r *run) script(ctx context.Context, m machine, where string, s compute.InitScriptInfo) error {
	kind, place := placeOfScript(s)
	if place == "" {
		return nil
	}
	object := Object{Type: "init script", Name: place}
	if s.Workspace != nil {
		object = Object{Type: "file", Name: place} // as it is found among the workspace's files
	}
	r.mu.Lock()
	known := r.scripts[place]
	if len(r.scripts) < mostScripts {
		r.scripts[place] = true
	}
	r.mu.Unlock()
	if known {
		return nil
	}
	var (
		text []byte
		err  error
	)
	switch {
	case s.Workspace != nil:
		text, err = r.export(ctx, place, workspace.ExportFormatAuto)
	case s.Volumes != nil:
		text, err = r.volume(ctx, place)
	case s.Dbfs != nil:
		r.report(Finding{
			ID: "verify-script-open", Part: m.part, Object: object, What: "may be changed by everybody in the workspace, and " + m.object.String() + " starts with it",
			Fix: ui.Advice("move it to a volume of Unity Catalog or to a folder of the workspace where only administrators may write, and refer to it there"),
		})
		text, err = r.dbfs(ctx, strings.TrimPrefix(place, "dbfs:"))
	default:
		r.report(Finding{
			ID: "verify-script-unread", Part: m.part, Object: object, What: m.object.String() + " starts with it, and it lies " + kind + ", where the workspace's API does not read it",
			Fix: ui.Advice("look through it with dbxaccess scan where it lies, or move it to a volume or a folder of the workspace"),
		})
		return nil
	}
	switch {
	case err == nil:
		r.content(Scripts, object, "", path.Base(place), text)
	case ends(ctx, err):
		return err
	default:
		r.notRead(Scripts, object, "", r.explain(m.object.String()+" "+where, err))
	}
	return nil
}

// placeOfScript is where an init script lies, in words and as it is named.
func placeOfScript(s compute.InitScriptInfo) (kind, place string) {
	switch {
	case s.Workspace != nil:
		return "in the workspace", s.Workspace.Destination
	case s.Volumes != nil:
		return "in a volume", s.Volumes.Destination
	case s.Dbfs != nil:
		return "on DBFS", s.Dbfs.Destination
	case s.S3 != nil:
		return "in S3", s.S3.Destination
	case s.File != nil:
		return "on the machine itself", s.File.Destination
	case s.Abfss != nil:
		return "in Azure's storage", s.Abfss.Destination
	case s.Gcs != nil:
		return "in Google's storage", s.Gcs.Destination
	}
	return "", ""
}

// export reads a notebook or file of the workspace.
func (r *run) export(ctx context.Context, name string, format workspace.ExportFormat) ([]byte, error) {
	var answer workspace.ExportResponse
	if err := r.get(ctx, "/api/2.0/workspace/export", map[string]any{"path": name, "format": string(format)}, &answer); err != nil {
		return nil, err
	}
	text, err := base64.StdEncoding.DecodeString(answer.Content)
	if err != nil {
		return nil, unusual("what was exported is not base64")
	}
	return text, nil
}

// volume reads a file of a volume of Unity Catalog.
func (r *run) volume(ctx context.Context, name string) ([]byte, error) {
	segments := strings.Split(name, "/")
	if !strings.HasPrefix(name, "/Volumes/") || slices.Contains(segments, "..") {
		return nil, unusual("%s is no path of a volume", ui.Clean(name))
	}
	for i, s := range segments {
		segments[i] = segment(s)
	}
	var text []byte
	err := r.get(ctx, "/api/2.0/fs/files"+strings.Join(segments, "/"), nil, &text)
	return text, err
}

// dbfs reads a file of DBFS, a megabyte at a time, which is the most that its API gives.
func (r *run) dbfs(ctx context.Context, name string) (text []byte, err error) {
	const most = 1 << 20
	for {
		var piece files.ReadResponse
		query := map[string]any{"path": name, "length": most}
		if len(text) > 0 {
			query["offset"] = len(text)
		}
		if err := r.get(ctx, "/api/2.0/dbfs/read", query, &piece); err != nil {
			return nil, err
		}
		data, err := base64.StdEncoding.DecodeString(piece.Data)
		if err != nil {
			return nil, unusual("what was read from DBFS is not base64")
		}
		if text = append(text, data...); len(data) < most {
			return text, nil
		}
		if len(text) >= maxFile {
			return nil, tooLarge()
		}
	}
}

func tooLarge() error {
	return &unusualError{ui.Errorf("", ui.Failed, "it is larger than 10 MB").
		With(ui.Advice("look through it with dbxaccess scan where it lies"))}
}

// exceeds reports that the workspace exports nothing that large.
func exceeds(err error) bool {
	refused, ok := errors.AsType[*apierr.APIError](err)
	return ok && refused.ErrorCode == "MAX_NOTEBOOK_SIZE_EXCEEDED"
}
