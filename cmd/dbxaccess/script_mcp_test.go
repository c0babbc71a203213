package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// mcpClient is a coding agent's program: `mcp-client TOOL ARGUMENTS TOOL ARGUMENTS…` starts dbxaccess mcp with the arguments of $MCP_SERVER, a
// list in JSON, and calls the tools in turn. It prints what the model would see, and ends with 1 where the last was an error. The person
// answers questions with $MCP_PERSON, an ElicitResult in JSON; without it the program can't ask. $MCP_GENERATION is the protocol's version.
// With $MCP_DIES a command that has begun meets an end: leave is this program's, kill the server's, cancel that of the call alone.
// All that goes through the channel is kept in $WORK/mcp.log, where no secret may stand.
func mcpClient() int {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	code, err := mcpCalls(ctx, os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "mcp-client:", err)
		return 2
	}
	return code
}

func mcpCalls(ctx context.Context, calls []string) (code int, err error) {
	log, err := os.OpenFile(os.Getenv("WORK")+"/mcp.log", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	args := []string{"mcp"}
	if more := os.Getenv("MCP_SERVER"); more != "" {
		var words []string
		if err := json.Unmarshal([]byte(more), &words); err != nil {
			return 0, err
		}
		args = append(args, words...)
	}
	server := exec.CommandContext(ctx, "dbxaccess", args...)
	server.Stderr = os.Stderr
	options := &mcp.ClientOptions{Capabilities: &mcp.ClientCapabilities{}, ProgressNotificationHandler: func(_ context.Context, r *mcp.ProgressNotificationClientRequest) {
		fmt.Fprintln(os.Stderr, "progress:", r.Params.Message)
	}}
	if said := os.Getenv("MCP_PERSON"); said != "" {
		options.Capabilities = nil
		options.ElicitationHandler = func(_ context.Context, r *mcp.ElicitRequest) (*mcp.ElicitResult, error) {
			fmt.Fprintln(os.Stderr, "asked:", r.Params.Message)
			var result mcp.ElicitResult
			return &result, json.Unmarshal([]byte(said), &result)
		}
	}
	client := mcp.NewClient(&mcp.Implementation{Name: "script-client", Version: "1"}, options)
	session, err := client.Connect(ctx, &mcp.LoggingTransport{Transport: &mcp.CommandTransport{Command: server}, Writer: log}, &mcp.ClientSessionOptions{ProtocolVersion: os.Getenv("MCP_GENERATION")})
	if err != nil {
		return 0, err
	}
	dies := os.Getenv("MCP_DIES")
	if dies != "" && dies != "cancel" {
		go dieOnceBegun(dies, server)
	}
	for ; len(calls) >= 2; calls = calls[2:] {
		call, cancel := context.WithCancel(ctx)
		if dies == "cancel" && calls[0] == "run" {
			go func() { waitUntilBegun(); cancel() }()
		}
		params := &mcp.CallToolParams{Name: calls[0], Arguments: json.RawMessage(calls[1])}
		params.SetProgressToken("1")
		result, err := session.CallTool(call, params)
		cancel()
		if errors.Is(err, context.Canceled) && ctx.Err() == nil {
			fmt.Println("cancelled")
			continue
		}
		if err != nil {
			return 0, err
		}
		for _, content := range result.Content {
			if text, ok := content.(*mcp.TextContent); ok {
				fmt.Println(text.Text)
			}
		}
		code = 0
		if result.IsError {
			code = 1
		}
	}
	return code, session.Close()
}

// dieOnceBegun ends this program, or with kill the server, when the command that it runs has written the file "begun".
func dieOnceBegun(how string, server *exec.Cmd) {
	waitUntilBegun()
	if how == "kill" {
		_ = server.Process.Kill()
	}
	os.Exit(0)
}

func waitUntilBegun() {
	for {
		if _, err := os.Stat(os.Getenv("WORK") + "/begun"); err == nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}
