package use

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/cli"
)

// ServerName is a command of other systems.
const ServerName = "exec-server"

// NewServer is nothing here: see runServed.
func NewServer(*cli.Env) *cobra.Command { return &cobra.Command{Use: ServerName, Hidden: true} }

// FarName is a command of other systems.
const FarName = "exec-far"

// NewFar is nothing here: what is served over a socket needs to know whose program asks.
func NewFar(*cli.Env) *cobra.Command { return &cobra.Command{Use: FarName, Hidden: true} }

// runServed starts a program, serves it and waits for its end: no program can take our place here.
func runServed(ctx context.Context, env *cli.Env, h handover, p program) error {
	s, r, err := startServing(context.WithoutCancel(ctx), env, h)
	if err != nil {
		return err
	}
	defer s.close()
	return p.with(r).run(env, r.Variables)
}
