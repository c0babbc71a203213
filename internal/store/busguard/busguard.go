// Package busguard keeps a dead D-Bus session bus from hanging the program before main begins.
//
// github.com/99designs/keyring dials the session bus while it is initialised, in every process on Linux, whether or not
// the Secret Service is wanted. A bus that accepts and never answers hangs that process for good, and where no bus is
// known the D-Bus library starts one with dbus-launch. So this package must be initialised first: it checks whether the
// bus is needed and answers, and if not, puts an address into DBUS_SESSION_BUS_ADDRESS that fails at once. Package
// store calls Restore in its own initialisation, so that main and every child process see the environment as it was.
//
// It comes first by the order that the Go specification gives ("Program initialization"): packages sorted by import
// path, each as soon as all its imports are initialised. This package sorts before github.com/dvsekhvalnov,
// github.com/godbus and github.com/gsterjov, which keyring needs, and imports nothing that they do not import too, so
// it is never ready later than they. A test checks both. Never add an import here without that test.
//
// This is the only package of the program that does work while it is initialised. In come the environment, the command
// line and the recorded keyring; out comes a Verdict. It must never write a file, start a program, talk to the bus
// beyond the first line of the handshake, or take longer than a second.
package busguard

// Verdict says what became of the session bus's address while the keyring library was initialised.
type Verdict string

// The verdicts.
const (
	Kept      Verdict = "kept"       // a bus answered; the library could use it
	NotNeeded Verdict = "not needed" // another keyring than the Secret Service is in use
	NoBus     Verdict = "no bus"     // there is no session bus, or what listens at its address isn't one
	Hung      Verdict = "hung"       // something accepts connections at the bus's address and does not answer
)
