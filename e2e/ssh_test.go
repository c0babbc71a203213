package e2e

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/e2e/internal/laptop"
	"github.com/dbxaccess/dbxaccess/e2e/internal/process"
)

// startSSHD is Debian's sshd on loopback, as this user and with keys of its own, and the laptop's ssh set up for the host `far`.
// Where root runs the tests, its namespace hides the laptop's home.
func startSSHD(t *testing.T, l *laptop.Laptop) (home string) {
	t.Helper()
	home = t.TempDir()
	address := process.FreeAddress(t)
	_, port, _ := strings.Cut(address, ":")
	for _, key := range []string{"host-key", "user-key"} {
		succeeded(t, l.Program(t, "/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", filepath.Join(home, key)))
	}
	write := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(home, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	binary, err := product()
	if err != nil {
		t.Fatal(err)
	}
	config := write("sshd_config", fmt.Sprintf(`ListenAddress %s
HostKey %[2]s/host-key
AuthorizedKeysFile %[2]s/user-key.pub
PidFile none
UsePAM no
StrictModes no
PermitRootLogin prohibit-password
SetEnv HOME=%[2]s PATH=%[3]s:/usr/bin:/bin
`, address, home, filepath.Dir(binary)), 0o600)
	line := "exec /usr/sbin/sshd -D -e -f " + config
	argv := []string{"/bin/sh", "-c", line}
	if os.Geteuid() == 0 {
		line = "mount -t tmpfs tmpfs /run && mkdir /run/sshd && mount -t tmpfs tmpfs " + l.Home + " && " + line
		argv = []string{"/usr/bin/unshare", "-m", "/bin/sh", "-c", line}
	}
	server := process.Start(t, process.Program{Name: "sshd", Path: argv[0], Args: argv[1:], Env: []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}})
	server.Await(t, time.Minute, func() bool { return strings.Contains(server.Log.String(), "Server listening") })

	// ssh goes by the account's home, not by HOME.
	write("ssh_config", fmt.Sprintf(`Host far
HostName 127.0.0.1
Port %s
IdentityFile %[2]s/user-key
IdentitiesOnly yes
UserKnownHostsFile %[2]s/known
StrictHostKeyChecking accept-new
LogLevel ERROR
`, port, l.Home), 0o600)
	for _, file := range []string{"ssh_config", "user-key"} {
		text, err := os.ReadFile(filepath.Join(home, file))
		if err != nil {
			t.Fatal(err)
		}
		l.Write(t, file, string(text), 0o600)
	}
	l.Write(t, "bin/ssh", "#!/bin/sh\nexec /usr/bin/ssh -F "+l.Home+"/ssh_config \"$@\"\n", 0o700)
	l.Set("PATH", l.Home+"/bin:"+l.Env("PATH"))
	return home
}

// A program at the other host reads through expiries with renewed credentials; when the connection is cut it loses them, and
// nothing is left there.
func TestOverSSH(t *testing.T) {
	t.Parallel()
	s := startStack(t, shortLife)
	l, _ := signedIn(t, s)
	home := startSSHD(t, l)
	goClient, err := awsGo()
	if err != nil {
		t.Fatal(err)
	}
	const key = "churn/far.csv"
	s.minio.Put(t, readBucket, key, "read at the other host\n")
	script := `echo "$DBXACCESS_SOCKET $AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE $$" >"$HOME/places"; exec "$@"`
	running := l.StartLong(t, 8*time.Minute, "exec", trainer, "--ssh", "far", "--",
		"sh", "-c", script, "sh", goClient, s.minio.S3URL, readBucket, key, filepath.Join(home, "stop"))
	r := &reading{s: s, key: key, running: running, stop: func() {}}
	process.Eventually(t, 6*shortLife, "two expiries", func() bool { return r.expiries() >= 2 || running.Ended() })
	for _, read := range s.minio.Reads(readBucket, key) {
		if read.Status >= 400 {
			t.Errorf("a read was refused: %+v", read)
		}
	}
	text, err := os.ReadFile(filepath.Join(home, "places"))
	if err != nil {
		t.Fatal(err)
	}
	places := strings.Fields(string(text))
	if os.Geteuid() == 0 {
		binary, err := product()
		if err != nil {
			t.Fatal(err)
		}
		as := exec.CommandContext(t.Context(), "/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
			binary, "credential-process", "--socket", places[0])
		if out, err := as.CombinedOutput(); err == nil || !strings.Contains(string(out), "may not be opened by this user") {
			t.Errorf("another user at the other host: %v, %s", err, out)
		}
	}
	running.Signal(9)
	process.Eventually(t, time.Minute, "the other host to be clean", func() bool {
		for _, place := range []string{places[0], filepath.Dir(places[1])} {
			if _, err := os.Lstat(place); err == nil {
				return false
			}
		}
		return true
	})
	// The program itself is left to its own end there; here it is the test's to end.
	pid, err := strconv.Atoi(places[2])
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		t.Error(err)
	}
}
