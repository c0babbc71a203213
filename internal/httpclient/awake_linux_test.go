package httpclient

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// The answer came while the process was stopped: it is there when it goes on, and so is the new refresh token in it.
func TestWhoWasStoppedStillReadsTheAnswer(t *testing.T) {
	t.Parallel()
	stopped, asked := make(chan struct{}), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(asked)
		<-stopped
		_, _ = io.WriteString(w, "the answer")
	}))
	t.Cleanup(server.Close)
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), "HTTPCLIENT_TEST_ASK="+server.URL, "HTTPCLIENT_TEST_LIMIT=10s")
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-asked:
	case <-time.After(time.Minute):
		t.Fatal("nothing was asked")
	}
	if err := child.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(child.Process.Pid, &status, syscall.WUNTRACED, nil); err != nil || !status.Stopped() {
		t.Fatalf("%#x, %v", status, err)
	}
	close(stopped)
	time.Sleep(10500 * time.Millisecond) // beyond the request's limit
	if err := child.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(out)
	if err != nil || string(got) != "the answer" {
		t.Errorf("got %q, %v", got, err)
	}
	if err := child.Wait(); err != nil {
		t.Error(err)
	}
}
