package tracecmd

import (
	"bytes"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit/trace"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// writer prints accesses as they come, and the rest at the end. row and write are nil where accesses are not told one by one.
type writer struct {
	row   func(rows []byte, a *trace.Access) []byte
	write func(rows []byte) error
	end   func(env *cli.Env, s *summary) error
}

func writerFor(out io.Writer, output string) writer {
	switch output {
	case "csv":
		return csvWriter(out)
	case "json":
		return jsonWriter(out)
	case "html":
		return writer{end: func(env *cli.Env, s *summary) error { return printHTML(out, s, env.Now()) }}
	}
	return writer{end: func(_ *cli.Env, s *summary) error { return printTables(out, s) }}
}

// jsonWriter prints one object, whose accesses stand in a list before what adds up.
func jsonWriter(out io.Writer) writer {
	opened := false
	open := func() error {
		if opened {
			return nil
		}
		opened = true
		_, err := io.WriteString(out, "{\"accesses\":[\n")
		return err
	}
	first := true
	return writer{
		row: func(rows []byte, a *trace.Access) []byte {
			clean(a)
			data, err := json.Marshal(a)
			if err != nil {
				return rows // it holds texts and numbers alone, which can't fail
			}
			return append(append(rows, ",\n"...), data...)
		},
		write: func(rows []byte) error {
			if err := open(); err != nil {
				return err
			}
			if first {
				rows, first = bytes.TrimPrefix(rows, []byte(",\n")), false
			}
			_, err := out.Write(rows)
			return err
		},
		end: func(_ *cli.Env, s *summary) error {
			if err := open(); err != nil {
				return err
			}
			data, err := json.MarshalIndent(s, "", "  ")
			if err != nil {
				return err
			}
			_, err = io.WriteString(out, "],\n"+string(bytes.TrimPrefix(data, []byte("{\n")))+"\n")
			return err
		},
	}
}

// columns are those of CSV, named as the members of JSON.
var columns = []string{
	"time", "log", "person", "person_name", "identity", "run", "host", "role", "rule", "dataset", "verb", "bytes", "place", "action", "refused",
	"joined_by", "not_joined", "agent", "reason", "session_name", "access_key_id", "region", "address", "event_id",
}

func csvWriter(out io.Writer) writer {
	begun := false
	begin := func() error {
		if begun {
			return nil
		}
		begun = true
		_, err := io.WriteString(out, strings.Join(columns, ",")+"\n")
		return err
	}
	return writer{
		row: func(rows []byte, a *trace.Access) []byte {
			clean(a)
			bytesOf := ""
			if a.Bytes != nil {
				bytesOf = strconv.FormatInt(*a.Bytes, 10)
			}
			cells := []string{
				a.Time.Format(time.RFC3339), a.Log, a.Person, a.Name, a.Identity, a.Run, a.Host, a.Role, a.Rule, a.Dataset, string(a.Verb), bytesOf, a.Place, a.Action, a.Refused,
				string(a.By), string(a.Why), a.Agent, a.Reason, a.Session, a.Key, a.Region, a.Address, a.EventID,
			}
			b := bytes.NewBuffer(rows)
			w, _ := cli.NewCSV(b, nil) // into memory, as the rest
			_ = w.Row(cells)
			_ = w.End()
			return b.Bytes()
		},
		write: func(rows []byte) error {
			if err := begin(); err != nil {
				return err
			}
			_, err := out.Write(rows)
			return err
		},
		end: func(env *cli.Env, s *summary) error {
			if err := begin(); err != nil {
				return err
			}
			env.Console.Info("%s", s.line())
			return nil
		},
	}
}

// maxText is how much of a text of a log is told, in runes.
const maxText = 1100

// clean cleans what came from a log or a record. Most texts are clean.
func clean(a *trace.Access) {
	for _, text := range []*string{
		&a.Action, &a.Place, &a.Refused, &a.Region, &a.Address, &a.Key, &a.EventID,
		&a.Person, &a.Name, &a.Identity, &a.Issuer, &a.Role, &a.Run, &a.Host, &a.Rule, &a.Agent, &a.Reason, &a.Session,
	} {
		*text = ui.Cut(ui.Clean(*text), maxText)
	}
}
