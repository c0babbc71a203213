package compute

import (
	"encoding/base64"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
)

// mostRead is how much of a DBFS file an answer has, in bytes.
const mostRead = 1 << 20

func (c *Compute) globalScript(r *http.Request) *harness.Reply {
	for _, s := range c.held.GlobalScripts {
		if s["script_id"] == r.PathValue("id") {
			answer := clone(s)
			text, _ := s["script"].(string)
			answer["script"] = base64.StdEncoding.EncodeToString([]byte(text))
			return harness.JSON(http.StatusOK, answer)
		}
	}
	return Refusal("RESOURCE_DOES_NOT_EXIST", "The script does not exist.")
}

// listFolder has one level of the tree, and no pages.
func (c *Compute) listFolder(r *http.Request) *harness.Reply {
	at := strings.TrimSuffix(r.URL.Query().Get("path"), "/")
	var items []object
	folders, exists := map[string]bool{}, at == ""
	for _, e := range c.held.Tree {
		rest, inside := strings.CutPrefix(e.Path, at+"/")
		if !inside {
			continue
		}
		exists = true
		if name, _, deeper := strings.Cut(rest, "/"); deeper {
			folders[at+"/"+name] = true
			continue
		}
		item := object{"path": e.Path, "object_type": e.Type, "object_id": len(items) + 1}
		if e.ModifiedAt > 0 {
			item["modified_at"] = e.ModifiedAt
		}
		switch e.Type {
		case "NOTEBOOK":
			item["language"] = e.Language
		case "FILE":
			if item["size"] = e.Size; e.Size == 0 {
				item["size"] = len(e.Content)
			}
		}
		items = append(items, item)
	}
	if !exists {
		return Refusal("RESOURCE_DOES_NOT_EXIST", "Path ("+at+") doesn't exist.")
	}
	for _, path := range slices.Sorted(maps.Keys(folders)) {
		items = append(items, object{"path": path, "object_type": "DIRECTORY", "object_id": 1000 + len(items)})
	}
	return arrayOf("objects", items)
}

func (c *Compute) export(r *http.Request) *harness.Reply {
	query := r.URL.Query()
	i := slices.IndexFunc(c.held.Tree, func(e Entry) bool { return e.Path == query.Get("path") })
	if i < 0 {
		return Refusal("RESOURCE_DOES_NOT_EXIST", "Path ("+query.Get("path")+") doesn't exist.")
	}
	e, format := c.held.Tree[i], query.Get("format")
	text := e.Content
	switch {
	case e.Type == "NOTEBOOK" && format == "JUPYTER" && e.TooLarge:
		return Refusal("MAX_NOTEBOOK_SIZE_EXCEEDED", "The notebook is larger than 10485760 bytes.")
	case e.Type == "NOTEBOOK" && format == "SOURCE":
		text = e.Source
	case e.Type == "NOTEBOOK" && format != "JUPYTER" || e.Type != "NOTEBOOK" && format != "AUTO":
		c.h.Unexpectedf("GET %s: format %q of a %s", r.URL.Path, format, e.Type)
		return Refusal("INVALID_PARAMETER_VALUE", "The format is not supported.")
	}
	return harness.JSON(http.StatusOK, object{"content": base64.StdEncoding.EncodeToString([]byte(text)), "file_type": strings.ToLower(format)})
}

func (c *Compute) volumeFile(r *http.Request) *harness.Reply {
	text, ok := c.held.Volumes[r.PathValue("path")]
	if !ok {
		return Refusal("RESOURCE_DOES_NOT_EXIST", "The file does not exist.")
	}
	return &harness.Reply{Status: http.StatusOK, ContentType: "application/octet-stream", Body: []byte(text)}
}

func (c *Compute) listMounts(r *http.Request) *harness.Reply {
	if len(c.held.Mounts) == 0 || r.URL.Query().Get("path") != "/mnt" {
		return Refusal("RESOURCE_DOES_NOT_EXIST", "No file or directory exists on path "+r.URL.Query().Get("path")+".")
	}
	var files []object
	for _, name := range c.held.Mounts {
		files = append(files, object{"path": "/mnt/" + name, "is_dir": true, "file_size": 0})
	}
	return arrayOf("files", files)
}

func (c *Compute) readDBFS(r *http.Request) *harness.Reply {
	query := r.URL.Query()
	text, ok := c.held.DBFS[query.Get("path")]
	if !ok {
		return Refusal("RESOURCE_DOES_NOT_EXIST", "No file or directory exists on path "+query.Get("path")+".")
	}
	begin, _ := strconv.Atoi(query.Get("offset"))
	length, err := strconv.Atoi(query.Get("length"))
	if err != nil || length > mostRead || begin < 0 {
		c.h.Unexpectedf("GET %s: length %q at %q", r.URL.Path, query.Get("length"), query.Get("offset"))
		return Refusal("MAX_READ_SIZE_EXCEEDED", "No more than 1 MB can be read.")
	}
	piece := text[min(begin, len(text)):min(begin+length, len(text))]
	return harness.JSON(http.StatusOK, object{"bytes_read": len(piece), "data": base64.StdEncoding.EncodeToString([]byte(piece))})
}
