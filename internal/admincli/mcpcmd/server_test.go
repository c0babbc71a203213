package mcpcmd

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// homeless is an Env with nothing: no map, no sign-in.
func homeless(t *testing.T) *cli.Env {
	t.Helper()
	dir := t.TempDir()
	return cli.NewEnv(cli.Process{
		Streams: &ui.Streams{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard},
		Getenv: func(name string) string {
			if name == "HOME" || name == "USERPROFILE" || name == "XDG_CONFIG_HOME" || name == "APPDATA" {
				return dir
			}
			return ""
		},
		Environ: func() []string { return nil }, Now: time.Now, Version: cli.VersionOf("v1.2.3"),
	})
}

// generations are the two ways in which clients begin.
var generations = []string{"2025-11-25", "2026-07-28"}

// client is one of the SDK's, connected to a server on its own pipes. The server's end is checked when the test ends.
func client(t *testing.T, s *server, generation string, options *mcp.ClientOptions) *mcp.ClientSession {
	t.Helper()
	serverIn, clientOut := io.Pipe()
	clientIn, serverOut := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- s.serve(context.Background(), newFrames(serverIn, serverOut))
		_ = serverOut.Close()
	}()
	c := mcp.NewClient(&mcp.Implementation{Name: "Claude Code", Version: "1"}, options)
	session, err := c.Connect(t.Context(), &mcp.IOTransport{Reader: clientIn, Writer: clientOut}, &mcp.ClientSessionOptions{ProtocolVersion: generation})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = clientOut.Close()
		if err := <-ended; err != nil {
			t.Errorf("the server ended with %v", err)
		}
	})
	return session
}

func textOf(r *mcp.CallToolResult) string {
	var b strings.Builder
	for _, c := range r.Content {
		if text, ok := c.(*mcp.TextContent); ok {
			b.WriteString(text.Text)
		}
	}
	return b.String()
}

func TestAServerSpeaksBothGenerations(t *testing.T) {
	t.Parallel()
	for _, generation := range generations {
		t.Run(generation, func(t *testing.T) {
			t.Parallel()
			session := client(t, newServer(homeless(t), ""), generation, nil)
			if got := session.InitializeResult().ProtocolVersion; got != generation {
				t.Errorf("it speaks %s", got)
			}
			list, err := session.ListTools(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"whoami", "list_roles", "check_access"} {
				at := slices.IndexFunc(list.Tools, func(tool *mcp.Tool) bool { return tool.Name == name })
				if at < 0 {
					t.Fatalf("there is no %s", name)
				}
				if tool := list.Tools[at]; tool.OutputSchema == nil || tool.Annotations == nil || !tool.Annotations.ReadOnlyHint || *tool.Annotations.DestructiveHint {
					t.Errorf("%s says too little of itself: %+v", name, tool)
				}
			}
			got, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "whoami"})
			if err != nil {
				t.Fatal(err)
			}
			if text := textOf(got); !got.IsError || !strings.Contains(text, "error: map-missing (exit code 1)") || !strings.Contains(text, "dbxaccess init FILE|URL") {
				t.Errorf("without a map: %s", text)
			}
		})
	}
}

func TestAProgramIsAnAgentByItsName(t *testing.T) {
	t.Parallel()
	for client, want := range map[string]string{
		"": "", "Claude Code": "claude-code", "codex-mcp-client": "codex", "none": "", "NONE\n": "", "\x1b[31m": "31m", strings.Repeat("a", 100): strings.Repeat("a", 64), "Visual Studio Code": "vscode",
	} {
		if got := nameOf(client); got != want {
			t.Errorf("%q: %q, not %q", client, got, want)
		}
	}
}

// What fails in a tool is not said to be the model's arguments, and what can't be run is refused before it is tried.
func TestFailuresAreToldApart(t *testing.T) {
	t.Parallel()
	s := newServer(homeless(t), "")
	p := s.protocol()
	add(s, p, mcp.Tool{Name: "broken"}, func(context.Context, *call, nothing) (nothing, error) {
		return nothing{}, errors.New("fork/exec: no more processes")
	})
	session := over(t, p)
	long := strings.Repeat("a", maxArgumentBytes)
	for _, c := range []struct {
		tool      string
		arguments map[string]any
		want      ui.ID
	}{
		{"broken", nil, "tool-failed"},
		{"broken", map[string]any{"x": 1}, "tool-arguments-invalid"},
		{"run", map[string]any{"role": "r", "command": []string{"true"}, "scope": slices.Repeat([]string{"a"}, maxArguments)}, "command-invalid"},
		{"run", map[string]any{"role": "r", "command": []string{"true"}, "workspace": long}, "command-invalid"},
		{"run", map[string]any{"role": "r", "command": []string{"true"}, "directory": "/a\x00b"}, "command-invalid"},
	} {
		got, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: c.tool, Arguments: c.arguments})
		if err != nil {
			t.Fatal(err)
		}
		if text := textOf(got); !got.IsError || !strings.Contains(text, "error: "+string(c.want)+" (exit code ") {
			t.Errorf("%s: %q, without %q", c.tool, text, c.want)
		}
	}
}

func TestAProgramThatSaysNothing(t *testing.T) {
	t.Parallel()
	failed := exec.CommandContext(t.Context(), os.Args[0], "-no-such-flag").Run()
	if err := (&call{}).errorOf(t.Context(), failed, []byte("panic: of another program\n")); ui.IDOf(err) != "program-ended" || ui.HintOf(err) != "dbxaccess doctor" {
		t.Errorf("%s: %v", ui.IDOf(err), err)
	}
}

func TestMoreThanAServerTakesAtOnce(t *testing.T) {
	t.Parallel()
	s := newServer(homeless(t), "")
	for range cap(s.waiting) {
		s.waiting <- struct{}{}
	}
	if _, err := s.enter(t.Context()); ui.IDOf(err) != "tool-busy" {
		t.Errorf("%s: %v", ui.IDOf(err), err)
	}
	many := &toValidate{Paths: slices.Repeat([]string{"a"}, maxNamed+1)}
	if checks, err := many.checks(); ui.IDOf(err) != "validate-too-much" || checks != nil {
		t.Errorf("%s: %v", ui.IDOf(err), err)
	}
}

// over is a client of the tools of p, in the process.
func over(t *testing.T, p *mcp.Server) *mcp.ClientSession {
	t.Helper()
	here, there := mcp.NewInMemoryTransports()
	if _, err := p.Connect(t.Context(), there, nil); err != nil {
		t.Fatal(err)
	}
	session, err := mcp.NewClient(&mcp.Implementation{Name: "Claude Code", Version: "1"}, nil).Connect(t.Context(), here, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = session.Close() })
	return session
}
