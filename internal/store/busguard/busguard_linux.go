package busguard

import (
	"bufio"
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	addressVariable = "DBUS_SESSION_BUS_ADDRESS"
	backendVariable = "DBXACCESS_KEYRING_BACKEND"

	// disabled is no D-Bus transport: dialling it fails without a system call, and since it is not empty the library
	// does not look for a bus or launch one.
	disabled = "disabled:"

	patience  = time.Second // for all handshakes together
	maxRecord = 4 << 10     // bytes that are read of the recorded keyring
)

// guarded is what init found and changed.
var guarded struct {
	verdict  Verdict
	original string
	present  bool // the variable was set at all
	restored bool
}

func init() {
	guarded.original, guarded.present = os.LookupEnv(addressVariable)
	var address string
	guarded.verdict, address = decide(os.Getenv, os.Args, os.Getuid())
	_ = os.Setenv(addressVariable, address) // fails on a NUL only, and the address came from the environment
}

// Found is the verdict, before Restore and after it.
func Found() Verdict { return guarded.verdict }

// Restore puts the bus address back into the environment, at the first call, and returns the verdict.
func Restore() Verdict {
	if !guarded.restored {
		guarded.restored = true
		if guarded.present {
			_ = os.Setenv(addressVariable, guarded.original)
		} else {
			_ = os.Unsetenv(addressVariable)
		}
	}
	return guarded.verdict
}

// decide returns the verdict and the address for the library to dial. `login` may choose another keyring and so needs
// the bus whatever is recorded.
func decide(getenv func(string) string, args []string, uid int) (verdict Verdict, address string) {
	if !commandIs("login", args) {
		switch wantedBackend(getenv) {
		case "", "auto", "secret-service":
		default:
			return NotNeeded, disabled
		}
	}
	address = getenv(addressVariable)
	if address == "" || address == "autolaunch:" {
		// The address that systemd gives every session. The library would look there as well, but by way of the
		// user database, and would launch a bus if that failed.
		address = "unix:path=" + filepath.Join("/run/user", strconv.Itoa(uid), "bus")
	}
	return firstAnswering(address, uid)
}

// commandIs reports whether a word is on the command line, before any "--". A flag's value may be taken for it,
// which costs a handshake and no more.
func commandIs(word string, args []string) bool {
	if end := slices.Index(args, "--"); end >= 0 {
		args = args[:end]
	}
	return slices.Contains(args[min(1, len(args)):], word)
}

// wantedBackend names the keyring in use: the one that login recorded in the settings directory, else the
// environment's; "" for neither. The commands decide in that order too.
func wantedBackend(getenv func(string) string) string {
	var record struct {
		Backend string `json:"backend"`
	}
	// Without O_NONBLOCK a named pipe in its place would hang the program.
	if file, err := os.OpenFile(recordPath(getenv), os.O_RDONLY|syscall.O_NONBLOCK, 0); err == nil {
		if json.NewDecoder(io.LimitReader(file, maxRecord)).Decode(&record) != nil {
			record.Backend = ""
		}
		_ = file.Close()
	}
	return cmp.Or(record.Backend, getenv(backendVariable))
}

// recordPath is where login records the keyring; "" without a home.
func recordPath(getenv func(string) string) string {
	dir := getenv("XDG_CONFIG_HOME")
	if !filepath.IsAbs(dir) { // a relative one is to be ignored, says the XDG specification
		home := getenv("HOME")
		if home == "" {
			return ""
		}
		dir = filepath.Join(home, ".config")
	}
	return filepath.Join(dir, "dbxaccess", "keyring.json")
}

// firstAnswering tries the addresses of a D-Bus address list in turn, as the library does: the first that can be
// connected to decides.
func firstAnswering(list string, uid int) (Verdict, string) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for address := range strings.SplitSeq(list, ";") {
		network, target := endpoint(address)
		if network == "" {
			continue
		}
		conn, err := (&net.Dialer{}).DialContext(ctx, network, target)
		// A Unix socket whose queue is full answers EAGAIN: nothing accepts there.
		if errors.Is(err, syscall.EAGAIN) || ctx.Err() != nil {
			return Hung, disabled
		}
		if err != nil {
			continue
		}
		if verdict := handshake(ctx, conn, uid); verdict != Kept {
			return verdict, disabled
		}
		return Kept, address
	}
	return NoBus, disabled
}

// endpoint reads one address ("unix:path=…", "unix:abstract=…", "tcp:host=…,port=…") into what net dials. Other
// transports give "". Values are taken as they stand, without the escapes of the D-Bus specification ("Server
// Addresses"), since the library does not know them either.
func endpoint(address string) (network, target string) {
	transport, rest, _ := strings.Cut(address, ":")
	values := map[string]string{}
	for pair := range strings.SplitSeq(rest, ",") {
		if key, value, ok := strings.Cut(pair, "="); ok {
			values[key] = value
		}
	}
	path, abstract := values["path"], values["abstract"]
	switch {
	case transport == "unix" && path != "" && abstract == "":
		return "unix", path
	case transport == "unix" && abstract != "" && path == "":
		return "unix", "@" + abstract
	case transport == "tcp" && values["host"] != "" && values["port"] != "":
		return "tcp", net.JoinHostPort(values["host"], values["port"])
	}
	return "", ""
}

// handshake sends the first line that every D-Bus client sends, judges the first line of the answer and closes conn
// (https://dbus.freedesktop.org/doc/dbus-specification.html#auth-protocol).
func handshake(ctx context.Context, conn net.Conn, uid int) Verdict {
	defer func() { _ = conn.Close() }()
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline)
	}
	_, err := io.WriteString(conn, "\x00AUTH EXTERNAL "+hex.EncodeToString([]byte(strconv.Itoa(uid)))+"\r\n")
	var line []byte
	if err == nil {
		line, err = bufio.NewReaderSize(conn, 256).ReadSlice('\n')
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return Hung
	}
	word, _, _ := strings.Cut(strings.TrimSuffix(string(line), "\r\n"), " ")
	if err == nil && (word == "OK" || word == "REJECTED") {
		return Kept
	}
	return NoBus
}
