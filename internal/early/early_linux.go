// Package early answers a `credential-process` whose credential is cached and fresh before the rest of the program is initialised.
//
// It is initialised first, and does in its own init what the program would do in main: see docs/decisions/047-early-answer.md, which
// also says why. In come the command line, the environment, the record of the keyring and one item of it; out come the JSON on
// stdout and the end of the process, or nothing at all, and the program goes on as if this package were not there. It has
// no rule of its own: settings, keyring, item and freshness are those of the packages that the long path uses too. Where the
// item lies in the Secret Service, it is read by package bus, below, which is initialised a little later.
//
// It must never answer where the long path would answer otherwise. So it leaves to that whatever is unusual: other flags, a map
// to be parsed for the identity, settings in more than plain words, another keyring, an encrypted file without its passphrase
// in the environment, a workload's credential, a person's where the programs above tell of an agent, and every error. It must never import net/http, net/url, viper, cobra or an
// SDK, as it would be initialised after them.
package early

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/stamp"
	"github.com/dbxaccess/dbxaccess/internal/agent"
	"github.com/dbxaccess/dbxaccess/internal/ancestors"
	"github.com/dbxaccess/dbxaccess/internal/audit/tally"
	"github.com/dbxaccess/dbxaccess/internal/config/settings"
	"github.com/dbxaccess/dbxaccess/internal/credential"
	"github.com/dbxaccess/dbxaccess/internal/harden"
	"github.com/dbxaccess/dbxaccess/internal/localfile"
	"github.com/dbxaccess/dbxaccess/internal/store/format"
	"github.com/dbxaccess/dbxaccess/internal/store/jwe"
	"github.com/dbxaccess/dbxaccess/internal/store/keyctl"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// waiting is a question that only the Secret Service can answer; nil for none.
var waiting *question

func init() {
	if len(os.Args) < 2 || os.Args[1] != Command {
		return
	}
	switch q := ask(os.Args[2:], os.Environ()); {
	case q == nil:
	case q.selected.Backend == format.SecretService:
		waiting = q
	default:
		q.give(q.read())
	}
}

// Resume answers what is asked of the Secret Service, if anything is: read returns what lies under a name in a collection.
func Resume(read func(collection, name string) (data []byte, ok bool)) {
	if waiting == nil {
		return
	}
	if data, ok := read(waiting.selected.Collection, waiting.name); ok {
		waiting.give(data)
	}
}

// Command is the one that is answered.
const Command = "credential-process"

// question is what is asked for, and where the answer lies.
type question struct {
	request    credential.Request
	file       stamp.Stamp // of the access map
	selected   format.Selection
	service    string
	key, name  string // the item's; the name is the keyring's
	folder     string // of the encrypted file's items
	passphrase string
	served     string // directory of the tallies, below that of the record
	above      func() bool
}

// ask reads a command line with all that it depends on but the keyring; nil where it is not to be answered here.
func ask(args, environ []string) *question {
	r, ok := request(args)
	variables, usual := environment(environ)
	if !ok || !usual {
		return nil
	}
	getenv := func(name string) string { return variables[name] }
	s, ok := settings.Plain(getenv)
	if !ok {
		return nil
	}
	mapFile, _, err := s.MapFile()
	if err != nil {
		return nil
	}
	r.Agent, r.Run = agent.Detect(getenv), credential.RunOf(getenv)
	if r.Run != "" && !credential.IsRun(r.Run) { // which the long path refuses
		return nil
	}
	q := &question{
		request: r, service: s.Keyring.Service, key: r.Key(mapFile),
		folder: filepath.Join(s.Dir, format.FileFolder), passphrase: getenv(settings.PassphraseVariable),
		served: filepath.Join(s.Dir, tally.Folder), above: agentAbove,
	}
	if q.file, err = stamp.Of(mapFile); err != nil {
		return nil
	}
	record, _, err := localfile.ReadTrusted(filepath.Join(s.Dir, format.SelectionFile), format.MaxSelection)
	if err != nil {
		return nil
	}
	if q.selected, err = format.DecodeSelection(record); err != nil ||
		s.Keyring.Backend != "auto" && s.Keyring.Backend != q.selected.Backend.String() || !format.ValidService(q.service) {
		return nil
	}
	q.name = format.Prefix(q.service) + q.key
	return q
}

// read returns the item as the kernel's keyring or the encrypted file has it; nil where it can't be read here.
func (q *question) read() []byte {
	harden.Process() // the long path for this command hardens again, and becomes no other program that would need it undone
	var (
		data []byte
		err  error
	)
	switch q.selected {
	case format.Selection{Backend: format.Kernel}:
		data, err = keyctl.ReadInThread(q.service, q.name)
	case format.Selection{Backend: format.File}:
		data, err = fromFile(filepath.Join(q.folder, format.FileName(q.name)), q.passphrase)
	}
	if err != nil {
		return nil
	}
	return data
}

// answer is the JSON for what the keyring has, or nil where that can't be served as it is.
func (q *question) answer(data []byte, now time.Time) []byte {
	stored, err := format.Decode(q.name, data)
	if err != nil || stored.Parts > 0 {
		return nil
	}
	it := credential.Decode(q.key, stored.Payload)
	if it == nil || it.Credentials == nil || it.Job != nil || !it.Servable(q.request, q.file, now) {
		return nil
	}
	if q.request.Agent == "" && it.Terms[q.request.Role].LookUp && q.above() {
		return nil
	}
	found, err := it.For(q.request.Role).Credentials.ProcessJSON()
	if err != nil || !q.counted(it, now) {
		return nil
	}
	return found
}

// counted tallies the serving of an item for the record, and reports whether it may be served. Where it is not counted, the long path
// records it otherwise or the access map has it refused; where no path can write anything, and the map has it served all the same,
// that is done here, as long starts would tell no more.
func (q *question) counted(it *credential.Item, now time.Time) bool {
	err := tally.Add(q.served, it.Served(q.request).Name(), now, os.Getppid())
	return err == nil || !it.Terms[q.request.Role].Recorded && tally.Unwritable(q.served, err)
}

// give prints the answer and ends the process, or does nothing where there is none.
func (q *question) give(data []byte) {
	found := q.answer(data, time.Now())
	if found == nil {
		return
	}
	switch written, err := os.Stdout.Write(found); {
	case err == nil:
		os.Exit(int(ui.Done))
	case written > 0: // half an answer can't be taken back
		ui.PrintError(os.Stderr, err, nil)
		os.Exit(int(ui.CodeOf(err)))
	}
}

// request reads the flags that profiles have, in the form that dbxaccess writes and people copy.
func request(args []string) (r credential.Request, ok bool) {
	flags := map[string]func(string){
		"--role": func(v string) { r.Role = v }, "--identity": func(v string) { r.Identity = v }, "--scope": func(v string) { r.Scope = []string{v} },
	}
	for len(args) > 0 {
		flag, value, joined := strings.Cut(args[0], "=")
		args = args[1:]
		if !joined {
			if len(args) == 0 {
				return r, false
			}
			value, args = args[0], args[1:]
		}
		set := flags[flag]
		if set == nil || value == "" || value[0] == '-' || strings.Contains(value, ",") {
			return r, false
		}
		set(value)
		delete(flags, flag) // not twice
	}
	return r, r.Role != "" && r.Identity != ""
}

// agentAbove reports whether the programs above this one tell of a coding agent, as they do the long path.
func agentAbove() bool {
	for p := range ancestors.All(agent.MaxSteps) {
		if agent.OfLine(p.Name, p.Words) != "" {
			return true
		}
	}
	return false
}

// telling are variables that `exec` and `env` tell people something by. Those of agent and run are read, by agent.Detect and
// credential.RunOf.
var telling = []string{"DBXACCESS_ROLE", "DBXACCESS_EXPIRES", "DBXACCESS_SHELL", "DBXACCESS_LOCATION", "DBXACCESS_ACCESS_POINT", agent.Variable, credential.RunVariable}

// environment are the variables by their names. It is unusual if one is set that the long path looks at before it serves: AWS's two,
// and those of ours that are neither settings nor known here.
func environment(environ []string) (variables map[string]string, usual bool) {
	variables, usual = make(map[string]string, len(environ)), true
	for _, line := range environ {
		name, value, _ := strings.Cut(line, "=")
		variables[name] = value
		if value == "" {
			continue
		}
		// Only ours are looked up: it takes some memory, and a shell has many others.
		unknown := strings.HasPrefix(name, "DBXACCESS_") && !slices.Contains(telling, name) && !settings.Known(name)
		if unknown || name == "AWS_USE_FIPS_ENDPOINT" || name == "AWS_USE_DUALSTACK_ENDPOINT" {
			usual = false
		}
	}
	return variables, usual
}

// fromFile opens an item of the encrypted file.
func fromFile(path, passphrase string) ([]byte, error) {
	if passphrase == "" {
		return nil, os.ErrInvalid
	}
	sealed, _, err := localfile.Read(path, format.MaxFile)
	if err != nil {
		return nil, err
	}
	wrapped, _, _, err := jwe.Open(sealed, func(salt []byte, rounds int) ([]byte, error) { return jwe.Key(passphrase, salt, rounds) })
	if err != nil {
		return nil, err
	}
	return format.DataOf(wrapped)
}
