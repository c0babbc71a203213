package cli

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/cobra"
)

// deaf is a program with a command that does not end when it is canceled, as where a library keeps it.
func deaf(forSDKs bool) int {
	return Main([]string{"dbxaccess", "deaf"}, "", []Command{{Name: "deaf", ForSDKs: forSDKs, New: func(env *Env) *cobra.Command {
		return &cobra.Command{Use: "deaf", RunE: func(cmd *cobra.Command, _ []string) error {
			fmt.Fprintln(env.Streams.Out, "ready")
			<-cmd.Context().Done()
			fmt.Fprintln(env.Streams.Out, "heard")
			select {}
		}}
	}}})
}

func TestMain(m *testing.M) {
	if kind := os.Getenv("CLI_TEST"); kind != "" {
		os.Exit(deaf(kind == "helper"))
	}
	os.Exit(m.Run())
}

func TestTheSecondCtrlCEndsEveryCommand(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]string{"typed": "ready, heard", "helper": "ready"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			interruptDeaf(t, kind, want)
		})
	}
}

// interruptDeaf presses Ctrl-C until the program ends: a helper, which has not started one itself, at the first.
func interruptDeaf(t *testing.T, kind, want string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "CLI_TEST="+kind)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	hung := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	defer hung.Stop()
	var said []string
	for lines := bufio.NewScanner(out); lines.Scan(); {
		said = append(said, lines.Text())
		if lines.Text() == "ready" {
			_ = cmd.Process.Signal(os.Interrupt)
			continue
		}
		// Its own handler goes at the same time as the command hears of the first.
		for time.Sleep(5 * time.Millisecond); cmd.Process.Signal(os.Interrupt) == nil; time.Sleep(5 * time.Millisecond) {
			if _, ended := errors.AsType[*exec.ExitError](cmd.Wait()); ended {
				break
			}
		}
	}
	_ = cmd.Wait()
	status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if !ok || !status.Signaled() || status.Signal() != syscall.SIGINT || strings.Join(said, ", ") != want {
		t.Errorf("%s, having said %s", cmd.ProcessState, strings.Join(said, ", "))
	}
}
