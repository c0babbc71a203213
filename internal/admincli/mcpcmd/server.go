package mcpcmd

import (
	"cmp"
	"context"
	"crypto/rand"
	"os"
	"strings"
	"sync"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const (
	// maxAtWork is how many calls are at work at once, and maxWaiting how many wait for that; more are refused.
	maxAtWork  = 8
	maxWaiting = 64
)

// server is what the tools share.
type server struct {
	env   *cli.Env // of the process: each call has one of its own, see as
	named string   // the agent that the command line names; "" for none

	tools map[string]bool // by name: those that there are

	atWork  chan struct{}
	waiting chan struct{}

	mu      sync.Mutex
	agent   string            // once a client has said who it is
	reasons map[string]string // that the person gave, by role
	key     [32]byte          // of what goes through the client and comes back, see question
}

// run serves until the input ends, or ctx does.
func run(ctx context.Context, env *cli.Env, named string) error {
	in, out := os.Stdin, os.Stdout
	os.Stdout = os.Stderr // a stray line on stdout ends the session
	if env.Streams.Interactive {
		env.Console.Info("dbxaccess: this is for a coding agent's program, which speaks MCP on standard input; Ctrl-C ends it.")
	}
	return newServer(env, named).serve(ctx, newFrames(in, out))
}

func newServer(env *cli.Env, named string) *server {
	s := &server{env: env, named: named, tools: make(map[string]bool), reasons: make(map[string]string), atWork: make(chan struct{}, maxAtWork), waiting: make(chan struct{}, maxWaiting)}
	_, _ = rand.Read(s.key[:]) // it never fails
	return s
}

// serve serves one client. When it is gone, or ctx has ended, what its calls have started is ended.
func (s *server) serve(ctx context.Context, channel *frames) error {
	defer context.AfterFunc(ctx, channel.close)() // which is the end of the input for the SDK: it ends the calls
	err := s.protocol().Run(context.WithoutCancel(ctx), channel)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

const instructions = `dbxaccess gives short-lived AWS and Databricks credentials by an access map, narrowed for you. Credentials and tokens are never shown to you: run commands that need them with the tool run, or by the command line that request_access answers. When something is refused, ask why_denied. What only the person may do, such as signing in, ask the person for.`

// protocol is the SDK's server with the tools.
func (s *server) protocol() *mcp.Server {
	p := mcp.NewServer(
		&mcp.Implementation{Name: "dbxaccess", Title: "dbxaccess", Version: s.env.Version.Number},
		// The tools stay as they are, and nothing is logged to the client.
		&mcp.ServerOptions{Instructions: instructions, Capabilities: &mcp.ServerCapabilities{Tools: &mcp.ToolCapabilities{}}},
	)
	p.AddReceivingMiddleware(s.calls)
	s.addWhoami(p)
	s.addRoles(p)
	s.addCheck(p)
	s.addDenied(p)
	s.addRun(p)
	s.addRequest(p)
	s.addValidate(p)
	return p
}

// agentOf is the name of the agent that is served: whom the variables or the programs above tell of, else whom the command line names, else
// what the program at the other end calls itself. The first that is told stays, for all that this process does.
func (s *server) agentOf(session *mcp.ServerSession) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.agent != "" {
		return s.agent
	}
	client := ""
	if told := session.InitializeParams(); told != nil && told.ClientInfo != nil {
		client = told.ClientInfo.Name
	}
	asker := s.env.Asker()
	switch {
	case asker.Agent != "": // nobody is there to confirm another name
	case s.named != "":
		asker = cli.Asker{Agent: s.named, By: "--agent"}
	default:
		asker = cli.Asker{Agent: cmp.Or(nameOf(client), unknownClient), By: "the program that speaks MCP"}
	}
	s.env.AsAgent(asker)
	s.agent = asker.Agent
	return s.agent
}

// as is the Env of one call: settings and map are read anew, nobody is there to be asked, and it is the agent that asks.
func (s *server) as() *cli.Env {
	env := s.env.Anew(ui.Quiet{Err: s.env.Streams.Err})
	env.Streams = &ui.Streams{In: strings.NewReader(""), Out: s.env.Streams.Err, Err: s.env.Streams.Err}
	return env
}
