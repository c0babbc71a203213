package early

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/stamp"
	"github.com/dbxaccess/dbxaccess/internal/agent"
	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/audit/tally"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/cli/helper"
	"github.com/dbxaccess/dbxaccess/internal/credential"
	"github.com/dbxaccess/dbxaccess/internal/failure"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/store/format"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const passphrase = "correct horse"

// world is a person's machine with the encrypted file and a map, and both ways to an answer.
type world struct {
	t           testing.TB
	dir         string // of the settings
	mapFile     string
	environment map[string]string
	keyring     *store.Store
	now         time.Time
	above       bool // the programs above tell of an agent
	uncounted   bool // nothing makes the tally that servings are counted in
}

func newWorld(t testing.TB) *world {
	t.Helper()
	home := t.TempDir()
	w := &world{t: t, dir: filepath.Join(home, "dbxaccess"), mapFile: filepath.Join(home, "map.yaml"), now: time.Now().UTC()}
	w.environment = map[string]string{"XDG_CONFIG_HOME": home, "DBXACCESS_MAP": w.mapFile, "DBXACCESS_KEYRING_PASSPHRASE": passphrase}
	if err := os.WriteFile(w.mapFile, []byte("version: 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	selection := store.Selection{Backend: store.File}
	if err := selection.Record(w.dir); err != nil {
		t.Fatal(err)
	}
	var err error
	w.keyring, err = store.Open(store.Options{
		Service: "dbxaccess", Selection: selection, FileDir: filepath.Join(w.dir, store.FileFolder), Now: w.clock,
		Passphrase: func(context.Context) (secret.String, error) { return secret.New(passphrase), nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) clock() time.Time { return w.now }

// early is the answer before main, nil for none.
func (w *world) early(args ...string) []byte {
	var environ []string
	for name, value := range w.environment {
		environ = append(environ, name+"="+value)
	}
	q := ask(args, environ)
	if q == nil {
		return nil
	}
	q.above = func() bool { return w.above } // not who runs the tests
	data := q.read()
	if stored, err := format.Decode(q.name, data); err == nil && !w.uncounted {
		if it := credential.Decode(q.key, stored.Payload); it != nil && it.Credentials != nil {
			w.begin(q.served, it.Served(q.request).Name())
		}
	}
	return q.answer(data, w.now)
}

// begin makes a tally, as the record of issuing does.
func (w *world) begin(dir, name string) {
	w.t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		w.t.Fatal(err)
	}
	if err := tally.Begin(dir, name, []byte("{}")); err != nil && !errors.Is(err, fs.ErrExist) {
		w.t.Fatal(err)
	}
}

// errNotCached is what the long path says here of what it can't serve as it is.
var errNotCached = errors.New("the map would be needed")

// long is the broker's answer from the cache, nil where it would go on to renew.
func (w *world) long(r credential.Request) []byte {
	w.t.Helper()
	getenv := func(name string) string { return w.environment[name] }
	b := broker.New(broker.Parts{
		Agent: agent.Detect(getenv), Run: credential.RunOf(getenv), MapPath: w.mapFile, LoadMap: func() (*accessmap.Map, stamp.Stamp, error) { return nil, stamp.Stamp{}, errNotCached },
		Store: w.keyring, Sessions: login.Sources{}, Recorder: audit.Log{Logger: slog.New(slog.DiscardHandler)},
		Log: slog.New(slog.DiscardHandler), Failures: failure.Memory{Notes: w.keyring, Now: w.clock, Circumstances: func() string { return "" }},
		Now: w.clock, Console: ui.Quiet{Err: io.Discard},
	})
	c, err := b.Credentials(w.t.Context(), r)
	if err != nil {
		if !errors.Is(err, errNotCached) {
			w.t.Fatalf("the long path: %v", err)
		}
		return nil
	}
	found, err := c.ProcessJSON()
	if err != nil {
		w.t.Fatal(err)
	}
	return found
}

// item is a cached credential that both serve.
func (w *world) item() *credential.Item {
	w.t.Helper()
	file, err := stamp.Of(w.mapFile)
	if err != nil {
		w.t.Fatal(err)
	}
	return &credential.Item{
		Binding: credential.Binding{Issuer: "https://idp.example.com", Subject: "00u1", Host: "https://w.example.com"},
		Map:     file, IssuedAt: w.now.Add(-10 * time.Minute), Expires: w.now.Add(50 * time.Minute), SessionName: "alice@example.com", Roles: []string{"r"},
		Credentials: &credential.AWS{AccessKeyID: "ASIA1", SecretAccessKey: secret.New("s"), SessionToken: secret.New("t"), AccountID: "111122223333"},
	}
}

func (w *world) keep(key string, it *credential.Item) {
	w.t.Helper()
	data, err := it.Encode()
	if err == nil {
		err = w.keyring.Set(w.t.Context(), key, data, store.Meta{Expires: it.Expires})
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

var usual = []string{"--role", "r", "--identity", "i"}

// FuzzSameVerdict: whatever the state of an item, it is served before main if and only if the broker serves it as it is, and in
// the same words. A workload's is left to the broker.
func FuzzSameVerdict(f *testing.F) {
	const whole = 0
	for _, issued := range []int64{-600, -3600, 30, 90} {
		for _, left := range []int64{0, 899, 900, 901, 3000, 50_000, 1 << 40} {
			f.Add(issued, left, int64(0), uint16(whole), "r", "", int64(0), uint8(0))
		}
	}
	for _, granted := range []int64{-1, 0, 1, 899, 2999, 3000, 3001, 1 << 33} { // until the grant ends
		for terms := range uint8(32) {
			f.Add(int64(-600), int64(3000), int64(0), uint16(whole), "r", "", granted, terms)
		}
	}
	for bit := range 12 {
		f.Add(int64(-600), int64(3000), int64(0), uint16(1<<bit), "r", "", int64(0), uint8(0))
	}
	for _, until := range []int64{-1, 1, 3600} {
		f.Add(int64(-600), int64(3000), until, uint16(whole), "r", "", int64(0), uint8(0))
	}
	f.Add(int64(-600), int64(3000), int64(0), uint16(whole), "other", "", int64(0), uint8(0))
	f.Add(int64(-600), int64(3000), int64(0), uint16(whole), "r", "churn", int64(0), uint8(0))
	f.Add(int64(-600), int64(3000), int64(0), uint16(1<<10), "r", "churn", int64(0), uint8(0))
	w := newWorld(f)
	f.Fuzz(func(t *testing.T, issued, left, until int64, odd uint16, role, scope string, granted int64, asked uint8) {
		const longest = int64(1) << 33 // seconds; beyond that no duration holds it
		is := func(bit int) bool { return odd>>bit&1 == 1 }
		w.t = t
		it := w.item()
		it.IssuedAt, it.Expires = w.now.Add(time.Duration(issued%longest)*time.Second), w.now.Add(time.Duration(left%longest)*time.Second)
		terms := credential.Terms{NoAgents: asked&1 == 1, NoCopies: asked&2 == 2}
		if granted != 0 {
			terms.Until = w.now.Add(time.Duration(granted%longest) * time.Second)
		}
		if asked&16 == 16 { // the end is that of the time for which the sign-in is recent enough
			terms.Until, terms.SignedIn = time.Time{}, terms.Until
		}
		if asked&4 == 4 {
			terms.MaxLife = 45 * time.Minute
		}
		it.Terms = map[string]credential.Terms{role: terms}
		w.environment["CLAUDECODE"] = ""
		if asked&8 == 8 {
			w.environment["CLAUDECODE"] = "1"
		}
		if it.Roles = []string{role}; until != 0 {
			it.Map.Until = w.now.Add(time.Duration(until%longest) * time.Second)
		}
		for bit, change := range []func(){
			func() { it.Map.Size++ }, func() { it.Map.Inode++ }, func() { it.Map.ModTime = it.Map.ModTime.Add(1) },
			func() { it.Map.Changed = it.Map.Changed.Add(1) }, func() { it.Map.Path += "x" }, func() { it.Roles = nil },
			func() { it.Credentials.AccessKeyID = "" }, func() { it.Credentials.AccountID = "" },
			func() { it.Credentials, it.Token = nil, &credential.Token{AccessToken: secret.New("w")} },
			func() { it.Job = &credential.Job{Source: json.RawMessage(`{"from":"env"}`), Fingerprint: "f"} },
			func() { it.Scope = []string{"churn"} },
		} {
			if is(bit) {
				change()
			}
		}
		r, args := credential.Request{Role: "r", Identity: "i"}, usual
		if scope == "churn" {
			r.Scope, args = []string{scope}, append(args[:4:4], "--scope="+scope)
		}
		key := r.Key(w.mapFile)
		w.keep(key, it)
		if is(11) {
			w.damage(key, int(odd>>12))
		}
		early := w.early(args...)
		if it.Job != nil { // whose it is, only the broker tells
			if early != nil {
				t.Errorf("a workload's: %q", early)
			}
			return
		}
		if long := w.long(r); !bytes.Equal(early, long) {
			t.Errorf("before main %q, in the long path %q", early, long)
		}
	})
}

// damage changes a byte of an item's file.
func (w *world) damage(key string, where int) {
	w.t.Helper()
	path := filepath.Join(w.dir, store.FileFolder, format.FileName(format.Prefix("dbxaccess")+key))
	data, err := os.ReadFile(path)
	if err != nil {
		w.t.Fatal(err)
	}
	data[len(data)*where/16] ^= 1
	if err := os.WriteFile(path, data, 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// What is not the usual start is left to the long path.
func TestTheUnusualIsLeftToTheLongPath(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.keep(credential.Request{Role: "r", Identity: "i"}.Key(w.mapFile), w.item())
	const served = `{"Version":1,"AccessKeyId":"ASIA1",`
	for name, args := range map[string][]string{
		"as profiles have it": usual, "joined": {"--role=r", "--identity=i"}, "in another order": {"--identity", "i", "--role", "r"},
	} {
		if got := w.early(args...); !strings.HasPrefix(string(got), served) {
			t.Errorf("%s: %q", name, got)
		}
	}
	for name, args := range map[string][]string{
		"nothing": nil, "no identity": {"--role", "r"}, "no role": {"--identity", "i"}, "debug": append([]string{"--debug"}, usual...),
		"another flag": append(usual[:4:4], "--x", "y"), "an argument": append(usual[:4:4], "x"), "a flag twice": append(usual[:4:4], "--role", "r"),
		"an empty value": {"--role", "", "--identity", "i"}, "a flag as a value": {"--role", "--identity", "--identity", "i"},
		"several datasets": append(usual[:4:4], "--scope", "a,b"), "cut short": {"--identity", "i", "--role"}, "help": append(usual[:4:4], "--help"),
		"the end of flags": append([]string{"--"}, usual...), "one dash": {"-role", "r", "-identity", "i"},
	} {
		if got := w.early(args...); got != nil {
			t.Errorf("%s: %q", name, got)
		}
	}
	for name, value := range map[string]string{
		"AWS_USE_FIPS_ENDPOINT": "maybe", "AWS_USE_DUALSTACK_ENDPOINT": "true", "DBXACCESS_STARTED_BY": "x", "DBXACCESS_SOCKET": "/s", "DBXACCESS_OF_TOMORROW": "x", "DBXACCESS_TRUSTED_HOSTS": "h",
		"DBXACCESS_KEYRING_BACKEND": "kernel", "DBXACCESS_KEYRING_SERVICE": "Other", "DBXACCESS_KEYRING_PASSPHRASE": "wrong",
		"DBXACCESS_KEYRING_PASSPHRASE_COMMAND": "echo x", "DBXACCESS_PROFILES": "some", "DBXACCESS_RUN": "no name", "DBXACCESS_MAP": "/nowhere", "XDG_CONFIG_HOME": "/nowhere",
	} {
		before := w.environment[name]
		w.environment[name] = value
		if got := w.early(usual...); got != nil {
			t.Errorf("%s=%s: %q", name, value, got)
		}
		if w.environment[name] = before; before == "" {
			delete(w.environment, name)
		}
	}
	for _, name := range []string{"DBXACCESS_ROLE", "DBXACCESS_EXPIRES", "DBXACCESS_SHELL", "DBXACCESS_LOCATION", "DBXACCESS_ACCESS_POINT"} { // which only tell something
		w.environment[name] = "x"
	}
	if got := w.early(usual...); !strings.HasPrefix(string(got), served) {
		t.Errorf("under exec: %q", got)
	}
	for path, text := range map[string]string{"config.yaml": "unknown: x\n", format.SelectionFile: `{"backend":"pass","directory":"/x"}`} {
		path = filepath.Join(w.dir, path)
		before, unread := os.ReadFile(path)
		err := os.WriteFile(path, []byte(text), 0o600)
		if err = errors.Join(err, unread); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		if got := w.early(usual...); got != nil {
			t.Errorf("%s: %q", path, got)
		}
		if err = os.WriteFile(path, before, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, 0o666); err != nil { // others could have written it
			t.Fatal(err)
		}
		if got := w.early(usual...); got != nil {
			t.Errorf("%s, writable by all: %q", path, got)
		}
		if err := os.Chmod(path, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.early(usual...); !strings.HasPrefix(string(got), served) {
		t.Errorf("as it was: %q", got)
	}
}

// What is cached for the person is served to no agent, nor the other way round, and by both ways alike; what is the person's and
// marked is left to the long path where the programs above tell of an agent.
func TestAnAgentHasCredentialsOfItsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, made := range []string{"", "claude-code", "codex"} {
		it := w.item()
		it.Binding.Agent, it.Credentials.AccessKeyID = made, "ASIA-"+made
		w.keep(credential.Request{Role: "r", Identity: "i", Agent: made}.Key(w.mapFile), it)
	}
	for name, value := range map[string]string{"CLAUDECODE": "1", "DBXACCESS_AGENT": "codex", "CODEX_CI": "1", "DBXACCESS_ROLE": "r", "AI_AGENT": "other"} {
		w.environment[name] = value
		early, long := w.early(usual...), w.long(credential.Request{Role: "r", Identity: "i"})
		delete(w.environment, name)
		want := map[string]string{"CLAUDECODE": "ASIA-claude-code", "DBXACCESS_AGENT": "ASIA-codex", "CODEX_CI": "ASIA-codex", "DBXACCESS_ROLE": "ASIA-"}[name]
		if !bytes.Equal(early, long) || (want == "") != (early == nil) || !bytes.Contains(early, []byte(`"`+want+`"`)) && want != "" {
			t.Errorf("%s=%s: before main %q, in the long path %q", name, value, early, long)
		}
	}
	it := w.item()
	it.Terms = map[string]credential.Terms{"r": {LookUp: true}}
	w.keep(credential.Request{Role: "r", Identity: "i"}.Key(w.mapFile), it)
	for _, w.above = range []bool{true, false} {
		if early := w.early(usual...); (early == nil) != w.above {
			t.Errorf("marked, and an agent above %v: %q", w.above, early)
		}
	}
}

// What is cached for one run is served for no other, and by both ways alike.
func TestARunHasCredentialsOfItsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := credential.Request{Role: "r", Identity: "i"}
	for _, run := range []string{"", "churn-7"} {
		it := w.item()
		it.Binding.Run, it.Credentials.AccessKeyID = run, "ASIA"+run
		of := r
		of.Run = run
		w.keep(of.Key(w.mapFile), it)
	}
	for _, c := range []struct{ ours, mlflow, want string }{
		{"", "", "ASIA"}, {"churn-7", "", "ASIAchurn-7"}, {"", "churn-7", "ASIAchurn-7"}, {"churn-7", "other", "ASIAchurn-7"},
		{"other", "churn-7", ""}, {"", "other", ""}, {"", "no, name", "ASIA"},
	} {
		w.environment["DBXACCESS_RUN"], w.environment["MLFLOW_RUN_ID"] = c.ours, c.mlflow
		var got struct {
			AccessKeyID string `json:"AccessKeyId"`
		}
		early := w.early(usual...)
		if long := w.long(r); !bytes.Equal(early, long) {
			t.Errorf("%+v: before main %q, in the long path %q", c, early, long)
		}
		if early != nil {
			if err := json.Unmarshal(early, &got); err != nil {
				t.Fatal(err)
			}
		}
		if got.AccessKeyID != c.want {
			t.Errorf("%+v: %q", c, got.AccessKeyID)
		}
	}
}

// What is served before main is counted, and what can't be counted is left to the long path, where the access map may have it refused.
func TestServingsAreCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.keep(credential.Request{Role: "r", Identity: "i"}.Key(w.mapFile), w.item())
	w.uncounted = true
	if got := w.early(usual...); got != nil {
		t.Errorf("served uncounted: %s", got)
	}
	w.uncounted = false
	for range 3 {
		if w.early(usual...) == nil {
			t.Fatal("not served")
		}
	}
	dir := filepath.Join(w.dir, tally.Folder)
	names, err := tally.Names(dir)
	if err != nil || len(names) != 1 {
		t.Fatalf("%v, %v", names, err)
	}
	if c, err := tally.Read(dir, names[0]); err != nil || c.Untold != 3 || !c.Last.Equal(w.now) {
		t.Errorf("%+v, %v", c, err)
	}
	w.uncounted = true
	if err := os.Chmod(filepath.Join(dir, names[0]), 0o400); err != nil || os.Geteuid() == 0 {
		return // root may write all the same
	}
	if got := w.early(usual...); got != nil {
		t.Errorf("served uncounted: %s", got)
	}
}

// Where nothing at all can be written, the long path could only serve uncounted too, or have it refused: that it must decide.
func TestOnAFullDiskTheMapDecides(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	key := credential.Request{Role: "r", Identity: "i"}.Key(w.mapFile)
	w.keep(key, w.item())
	if w.early(usual...) == nil {
		t.Fatal("not served")
	}
	names, err := tally.Names(filepath.Join(w.dir, tally.Folder))
	if err != nil || len(names) != 1 {
		t.Fatalf("%v, %v", names, err)
	}
	w.uncounted = true
	full := filepath.Join(w.dir, tally.Folder, names[0])
	if err := os.Remove(full); err != nil {
		t.Fatal(err)
	}
	const major, minor = 1, 7 // as /dev/full
	if err := syscall.Mknod(full, syscall.S_IFCHR|0o600, major<<8|minor); err != nil {
		// Only root may: in a directory that can't be written to it is the same.
		if err := os.Chmod(filepath.Join(w.dir, "audit"), 0o500); err != nil {
			t.Fatal(err)
		}
	}
	if w.early(usual...) == nil {
		t.Error("left to the long path, which could do no more")
	}
	it := w.item()
	it.Terms = map[string]credential.Terms{"r": {Recorded: true}}
	w.keep(key, it)
	if got := w.early(usual...); got != nil {
		t.Errorf("served uncounted, and the map has that refused: %s", got)
	}
}

// The flags mean what they mean to the command itself.
func FuzzRequest(f *testing.F) {
	f.Add("--role", "r", "--identity", "i", "--scope", "a")
	f.Add("--role=r", "--identity=i", "", "", "", "")
	f.Add("--role", "-x", "--identity", "i", "--scope", "a,b")
	f.Fuzz(func(t *testing.T, a, b, c, d, e, g string) {
		args := []string{a, b, c, d, e, g}
		for len(args) > 0 && args[len(args)-1] == "" {
			args = args[:len(args)-1]
		}
		r, ok := request(args)
		if !ok {
			return
		}
		flags := helper.NewCredentialProcess(cli.NewEnv(cli.Process{Streams: &ui.Streams{}})).Flags()
		err := flags.Parse(args)
		value := func(name string) string { return flags.Lookup(name).Value.String() }
		if err != nil || flags.NArg() > 0 || value("role") != r.Role || value("identity") != r.Identity || value("scope") != strings.Join(r.Scope, ",") {
			t.Errorf("%q: %+v, by the command %q, %v", args, r, flags.Args(), err)
		}
	})
}
