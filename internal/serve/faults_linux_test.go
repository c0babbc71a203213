package serve

import (
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// A process that may open no more files can't listen. It is the limit of the whole process, so that no other test may run meanwhile.
func TestNoServerWithoutFiles(t *testing.T) { //nolint:paralleltest // see above
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	none := limit
	none.Cur = 0
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &none); err != nil {
		t.Fatal(err)
	}
	s, err := Loopback(nil, nil)
	if back := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); back != nil {
		t.Fatal(back)
	}
	if err == nil {
		_ = s.Close()
	}
	if ui.IDOf(err) != "serve-listen" || ui.HintOf(err) == "" {
		t.Errorf("%s: %v", ui.IDOf(err), err)
	}
}

func TestAnEndOfASocketThatIsNotKnown(t *testing.T) {
	t.Parallel()
	ends, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	_ = syscall.Close(ends[1])
	file := os.NewFile(uintptr(ends[0]), "socket")
	conn, err := net.FileConn(file)
	_ = file.Close()
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close() // the system tells nothing of it any more
	if err := checkPeer(conn); ui.IDOf(err) != "socket-peer-unknown" || ui.HintOf(err) == "" {
		t.Errorf("%s: %v", ui.IDOf(err), err)
	}
}

// A newer client may ask what an older server doesn't know.
func TestAQuestionOfANewerClient(t *testing.T) {
	t.Parallel()
	h := &socketHandler{}
	if answer, err := h.answer(t.Context(), &url.URL{Path: "/v2/credentials"}); ui.IDOf(err) != "socket-question-unknown" || answer != nil {
		t.Errorf("%v, %s: %v", answer, ui.IDOf(err), err)
	}
}

func TestASocketThatMayNotBeOpened(t *testing.T) {
	t.Parallel()
	if os.Geteuid() == 0 { // who may open all
		asNobody(t)
		return
	}
	closed := filepath.Join(t.TempDir(), "closed")
	if err := os.Mkdir(closed, 0o000); err != nil {
		t.Fatal(err)
	}
	_, err := Dial(filepath.Join(closed, "socket"), time.Now).Offers(t.Context())
	if ui.IDOf(err) != "socket-forbidden" || ui.HintOf(err) == "" {
		t.Errorf("%s: %v", ui.IDOf(err), err)
	}
}

// asNobody runs the test that calls it once more, in a process of a user who may do nothing special.
func asNobody(t *testing.T) {
	t.Helper()
	// By this name, as the path of the test's program leads through directories that are the present user's alone.
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Dir, cmd.Env = "/", []string{"TMPDIR=/tmp"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("as another user: %v\n%s", err, out)
	}
}
