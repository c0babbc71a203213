package busguard

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// bus listens on a Unix socket in a scratch directory and answers every connection with one text; "" never answers.
func bus(t *testing.T, answer string) (address string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bus")
	serve(t, "unix", path, answer)
	return "unix:path=" + path
}

func serve(t *testing.T, network, target, answer string) net.Addr {
	t.Helper()
	listener, err := net.Listen(network, target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = io.WriteString(conn, answer)
				_, _ = io.Copy(io.Discard, conn) // until the other side closes
				_ = conn.Close()
			}()
		}
	}()
	return listener.Addr()
}

const ok = "OK 0123456789abcdef\r\n"

func TestAddressesAreTried(t *testing.T) {
	t.Parallel()
	good, rejecting, hung := bus(t, ok), bus(t, "REJECTED EXTERNAL\r\n"), bus(t, "")
	abstract := "dbxaccess-test-" + filepath.Base(t.TempDir()) + t.Name()
	serve(t, "unix", "@"+abstract, ok)
	_, port, err := net.SplitHostPort(serve(t, "tcp", "127.0.0.1:0", ok).String())
	if err != nil {
		t.Fatal(err)
	}
	const none = "unix:path=/nonexistent/bus"
	for name, c := range map[string]struct {
		list    string
		verdict Verdict
		address string
	}{
		"a bus":                {good, Kept, good},
		"with a guid":          {good + ",guid=00", Kept, good + ",guid=00"},
		"one that rejects":     {rejecting, Kept, rejecting},
		"an abstract socket":   {"unix:abstract=" + abstract, Kept, "unix:abstract=" + abstract},
		"tcp":                  {"tcp:host=127.0.0.1,port=" + port, Kept, "tcp:host=127.0.0.1,port=" + port},
		"the second of two":    {none + ";" + good, Kept, good},
		"only the first":       {hung + ";" + good, Hung, disabled},
		"hung":                 {hung, Hung, disabled},
		"half a line":          {bus(t, "OK 0123"), Hung, disabled},
		"garbage":              {bus(t, "HTTP/1.1 400 Bad Request\r\n\r\n"), NoBus, disabled},
		"a line without end":   {bus(t, string(make([]byte, 5000))), NoBus, disabled},
		"nothing there":        {none, NoBus, disabled},
		"autolaunch":           {"autolaunch:scope=*user", NoBus, disabled},
		"launchd":              {"launchd:env=X", NoBus, disabled},
		"path and abstract":    {"unix:path=/x,abstract=y", NoBus, disabled},
		"no address":           {"nonsense", NoBus, disabled},
		"only a semicolon":     {";", NoBus, disabled},
		"tcp without a port":   {"tcp:host=127.0.0.1", NoBus, disabled},
		"what was taken away":  {disabled, NoBus, disabled},
		"unusable, then a bus": {"nonce-tcp:host=127.0.0.1,port=1;" + good, Kept, good},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if verdict, address := firstAnswering(c.list, 1000); verdict != c.verdict || address != c.address {
				t.Errorf("got %s, %s, want %s, %s", verdict, address, c.verdict, c.address)
			}
		})
	}
}

func TestTheBusIsLookedAtOnlyIfNeeded(t *testing.T) {
	t.Parallel()
	good := bus(t, ok)
	for name, c := range map[string]struct {
		record, override string
		args             []string
		want             Verdict
	}{
		"nothing recorded":          {"", "", nil, Kept},
		"the Secret Service":        {`{"backend":"secret-service","collection":"login"}`, "", nil, Kept},
		"the kernel":                {`{"backend":"kernel"}`, "", nil, NotNeeded},
		"a file":                    {`{"backend":"file"}`, "", []string{"credential-process", "--role", "r"}, NotNeeded},
		"login chooses again":       {`{"backend":"kernel"}`, "", []string{"--debug", "login"}, Kept},
		"login of another program":  {`{"backend":"kernel"}`, "", []string{"exec", "r", "--", "aws", "login"}, NotNeeded},
		"the record counts first":   {`{"backend":"kernel"}`, "secret-service", nil, NotNeeded},
		"also if it is the bus":     {`{"backend":"secret-service"}`, "kernel", nil, Kept},
		"none: the environment's":   {``, "kernel", nil, NotNeeded},
		"a damaged record":          {`{"backend":`, "", nil, Kept},
		"a record of another shape": {`[1]`, "", nil, Kept},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, variable := range []string{"HOME", "XDG_CONFIG_HOME"} {
				settings := t.TempDir()
				environment := map[string]string{variable: settings, addressVariable: good, backendVariable: c.override}
				if variable == "HOME" {
					settings = filepath.Join(settings, ".config")
					environment["XDG_CONFIG_HOME"] = "relative"
				}
				record(t, settings, c.record)
				getenv := func(name string) string { return environment[name] }
				if got, _ := decide(getenv, append([]string{"dbxaccess"}, c.args...), 1000); got != c.want {
					t.Errorf("by %s: got %s, want %s", variable, got, c.want)
				}
			}
		})
	}
	empty := func(string) string { return "" }
	if got, address := decide(empty, nil, 1<<31-2); got != NoBus || address != disabled {
		t.Errorf("with nothing at all: %s, %s", got, address)
	}
}

func record(t *testing.T, settings, content string) {
	t.Helper()
	if content == "" {
		return
	}
	dir := filepath.Join(settings, "dbxaccess")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "keyring.json"), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestWordsOfTheCommandLine(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"x", "login"}, {"x", "-v", "login", "--", "y"}} {
		if !commandIs("login", args) {
			t.Errorf("%q is no login", args)
		}
	}
	for _, args := range [][]string{nil, {}, {"login"}, {"x", "--", "login"}, {"x", "logout"}} {
		if commandIs("login", slices.Clone(args)) {
			t.Errorf("%q is a login", args)
		}
	}
}

func FuzzEndpoint(f *testing.F) {
	for _, seed := range []string{"unix:path=/run/user/1000/bus,guid=0", "unix:abstract=a", "tcp:host=::1,port=2", ":", "unix:", "=,=;"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		if network, target := endpoint(address); (network == "") != (target == "") {
			t.Fatalf("%q became %q, %q", address, network, target)
		}
	})
}
