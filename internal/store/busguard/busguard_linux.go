package busguard

import (
	"context"
	"encoding/hex"
	"errors"
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

	// disabled is no D-Bus transport: dialling it fails without a system call, and since it is not empty the library does
	// not look for a bus or launch one.
	disabled = "disabled:"

	// patience bounds the whole of the handshakes.
	patience = time.Second
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

// Restore gives the environment its own bus address back and tells what was decided. Further calls only tell.
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

// commandIs reports whether a word stands on the command line, before any "--". A flag's value may be taken for it,
// which costs a handshake and no more.
func commandIs(word string, args []string) bool {
	if len(args) == 0 {
		return false
	}
	args = args[1:]
	if end := slices.Index(args, "--"); end >= 0 {
		args = args[:end]
	}
	return slices.Contains(args, word)
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
		verdict := handshake(ctx, conn, uid)
		_ = conn.Close()
		if verdict == Kept {
			return Kept, address
		}
		return verdict, disabled
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

// handshake sends the first line that every D-Bus client sends and looks for the first line of the answer
// (https://dbus.freedesktop.org/doc/dbus-specification.html#auth-protocol).
func handshake(ctx context.Context, conn net.Conn, uid int) Verdict {
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline)
	}
	hello := "\x00AUTH EXTERNAL " + hex.EncodeToString([]byte(strconv.Itoa(uid))) + "\r\n"
	if _, err := conn.Write([]byte(hello)); err != nil {
		return silence(err)
	}
	var line [256]byte
	for n := 0; n < len(line); {
		read, err := conn.Read(line[n:])
		n += read
		if answer, _, whole := strings.Cut(string(line[:n]), "\r\n"); whole {
			if word, _, _ := strings.Cut(answer, " "); word == "OK" || word == "REJECTED" {
				return Kept
			}
			return NoBus
		}
		if err != nil {
			return silence(err)
		}
	}
	return NoBus
}

func silence(err error) Verdict {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return Hung
	}
	return NoBus
}
