package use

import (
	"crypto/rand"
	"encoding/base64"
	"strings"
	"unicode"

	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// forwardedPrefix begins the path of a forwarded socket at the far end, in the one directory that is there before a connection
// is. Only its user may use it: sshd makes it with mode 0600 (StreamLocalBindMask of sshd_config(5)).
const forwardedPrefix = "/tmp/dbxaccess-ssh-"

// sshTo is the system's ssh that runs a command, or a shell, at the other host, with our socket forwarded to it.
func sshTo(env *cli.Env, host string, words []string) (program, error) {
	if !isSSHHost(host) {
		return program{}, ui.Errorf("ssh-host-wrong", ui.Usage, "--ssh %q is no host", ui.Clean(host)).
			With(ui.Advice("name it as in ~/.ssh/config, where its options stand, or as in ssh://user@host:port"))
	}
	p, err := findProgram(env.Getenv, []string{"ssh"})
	_, ownTerminal := env.Streams.Out.(*ui.Screen)
	terminal := "-T"
	if env.Streams.Interactive && ownTerminal {
		terminal = "-t"
	}
	far := forwardedPrefix + rand.Text()
	p.forwarding = func(socket string) []string {
		return []string{
			"ssh",
			// A connection of its own: a shared one would outlive the program, and the forwarding with it.
			"-S", "none", "-o", "ControlMaster=no",
			"-o", "ExitOnForwardFailure=yes", "-o", "RemoteCommand=none",
			"-R", far + ":" + forwardedPath.Replace(socket), terminal, "--", host, farLine(far, words),
		}
	}
	return p, err
}

// isSSHHost refuses what ssh would take for options, and what a shell would read: before OpenSSH 9.6 a ProxyCommand got a host's name
// as it was (CVE-2023-51385), and who says where to go need not be who runs this.
func isSSHHost(host string) bool {
	return host != "" && host[0] != '-' && !strings.ContainsFunc(host, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune("\"'`$\\;&|<>(){}!*?#~^", r)
	})
}

// forwardedPath writes a path of this machine for -R, which reads colons and backslashes as its own, and what stands after % and
// $ as tokens (ssh_config(5), RemoteForward).
var forwardedPath = strings.NewReplacer(`\`, `\\`, ":", `\:`, "%", "%%")

// farScript is run by sh at the other host, whatever the person's login shell there is: none of them reads anything in it, as it
// stands between single quotes without a quote, a backslash, a newline or an exclamation mark. ~/.local/bin and the like are
// on the PATH of logins at most, and this is none.
const farScript = `d=$(PATH="$PATH:$HOME/.local/bin:$HOME/bin:$HOME/go/bin:/usr/local/bin"; command -v dbxaccess) || { rm -f "$1"; ` +
	`echo "dbxaccess: it is not installed at $(uname -n), or not on the PATH of sh there" >&2; ` +
	`echo "  install it from the same release as here, in /usr/local/bin or ~/.local/bin" >&2; exit 127; }; exec "$d" ` + FarName + ` "$@"`

// farLine is the command line for the other host. The words travel in base64, since no quoting means the same in sh, fish and csh.
func farLine(socket string, words []string) string {
	line := "exec sh -c '" + farScript + "' sh " + socket
	if len(words) > 0 {
		line += " " + base64.RawURLEncoding.EncodeToString([]byte(strings.Join(words, "\x00")))
	}
	return line
}

// farWords reads what farLine has written.
func farWords(text string) ([]string, error) {
	joined, err := base64.RawURLEncoding.DecodeString(text)
	return strings.Split(string(joined), "\x00"), err
}
