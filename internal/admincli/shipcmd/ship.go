// Package shipcmd is the command that sends the record to sinks.
//
// In come the sinks of the settings and their tokens; out comes what each of them has got, as a table or JSON. It runs as a person
// or a service has it, and behind what was recorded, by itself. It must never print a token, or say that a sink has what it did
// not take.
package shipcmd

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/audit/ship"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const (
	// busyWait is how long another process that sends to the same sink is waited for.
	busyWait = 2 * time.Minute
	// patience is how long what runs by itself tries again.
	patience = 2 * time.Minute
)

// New is `audit ship`.
func New(env *cli.Env) *cobra.Command {
	var (
		output         string
		follow, behind bool
	)
	cmd := &cobra.Command{
		Use:   "ship [SINK…]",
		Short: "Send the record to the sinks of the settings",
		Long: `Sends what the sinks of the settings do not have of the record: to an OpenTelemetry collector (otlp), a syslog server (syslog),
Splunk (hec), a bucket (s3) or a webhook. Lines go out as they are, in order, each at least once; each has its chain and its
number, by which a collector sees what is missing or came twice. Where a sink is down, what it misses is sent once it is back.

This also happens by itself after each sign-in and renewal, without anybody waiting for it. With --follow, it goes on until it is
ended, as a service; sinks that fail are tried again, ever less often. What such a pass finds that a sink will never get, as lines
that were deleted before they were sent, is told by the next call without --follow. Exit code 1 if sending to a sink failed.`,
		Example: `  dbxaccess audit ship
  dbxaccess audit ship siem -o json
  dbxaccess audit ship --follow`,
		ValidArgsFunction: completeSinks(env),
		RunE: func(cmd *cobra.Command, names []string) error {
			all, err := shippers(cmd.Context(), env, names)
			switch {
			case err != nil:
				return err
			case behind:
				return shipBehind(cmd.Context(), all)
			case follow:
				return shipOn(cmd.Context(), env, all)
			}
			return shipOnce(cmd.Context(), env, all, output)
		},
	}
	cmd.Flags().BoolVar(&follow, "follow", false, "go on with what is recorded from now on, until ended")
	cmd.Flags().BoolVar(&behind, "behind", false, "")
	_ = cmd.Flags().MarkHidden("behind")
	cli.FormatFlag(cmd, &output, "print a `table` for people or json with stable field names", "table", "json")
	cmd.MarkFlagsMutuallyExclusive("follow", "output")
	return cmd
}

// sink is a sink of the settings; opening it may have failed.
type sink struct {
	name, kind string
	shipper    *ship.Shipper
	failed     error
}

// shipOnce sends to all sinks side by side, and says what each has got.
func shipOnce(ctx context.Context, env *cli.Env, all []sink, output string) error {
	rows := make([]row, len(all))
	errs := make([]error, len(all))
	done := env.Console.Progress("sending the record")
	var wait sync.WaitGroup
	for i, s := range all {
		wait.Go(func() {
			var r ship.Report
			if errs[i] = s.failed; errs[i] == nil {
				r, errs[i] = patiently(ctx, s.shipper)
			}
			rows[i] = rowOf(s, r, errs[i])
		})
	}
	wait.Wait()
	done()
	if err := printRows(env.Streams.Out, rows, output, env.Now()); err != nil {
		return err
	}
	for i, s := range all {
		if s.shipper != nil {
			errs[i] = errors.Join(errs[i], s.shipper.Told(ctx, rows[i].Untold))
		}
	}
	return errors.Join(errs...)
}

// patiently waits while another process sends to the sink.
func patiently(ctx context.Context, s *ship.Shipper) (ship.Report, error) {
	for end := time.Now().Add(busyWait); ; {
		r, err := s.Ship(ctx)
		if !errors.Is(err, ship.ErrBusy) {
			return r, err
		}
		if time.Now().After(end) {
			return r, ui.Errorf("audit-ship-busy", ui.Failed, "another process has been sending to the sink %s for %s", s.Name, busyWait).
				With(ui.Advice("if it is one with --follow, all is well; else try again"))
		}
		if err := httpclient.Wait(ctx, time.Second); err != nil {
			return r, err
		}
	}
}

// shipOn goes on until ctx ends, which is how it is meant to end.
func shipOn(ctx context.Context, env *cli.Env, all []sink) error {
	for _, s := range all {
		if s.failed != nil {
			return s.failed
		}
	}
	var wait sync.WaitGroup
	var saying sync.Mutex
	for _, s := range all {
		wait.Go(func() {
			s.shipper.Follow(ctx, func(r ship.Report, err error) {
				saying.Lock()
				defer saying.Unlock()
				tell(env, s, r, err)
			})
		})
	}
	wait.Wait()
	return nil
}

// tell says what a pass of --follow did. What was lost stays untold to a person's own call: nobody may be reading.
func tell(env *cli.Env, s sink, r ship.Report, err error) {
	if r.Sent > 0 {
		env.Console.Info("%s: %s sent, up to %d of chain %s.", s.name, ui.Count(r.Sent, "line", "lines"), r.Head.Sequence, ui.Clean(r.Head.Chain))
	}
	if missing := r.Words(); missing != "" {
		env.Console.Warn(ui.Warning{ID: "audit-ship-gap", What: s.name + ": " + missing, Fix: ui.Command("dbxaccess audit verify")})
	}
	if err != nil && !errors.Is(err, ship.ErrBusy) {
		env.Console.Warn(ui.Warning{ID: "audit-ship-failed", What: s.name + ": " + ui.Clean(ui.Told(err)), Why: againOf(r, env.Now()), Fix: ui.FixOf(err)})
	}
}

// shipBehind runs with nobody who reads: what failed or was lost is kept, and told by a person's own call.
func shipBehind(ctx context.Context, all []sink) error {
	if err := httpclient.Wait(ctx, cli.ShipGathers); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*patience)
	defer cancel()
	var wait sync.WaitGroup
	errs := make([]error, len(all))
	for i, s := range all {
		wait.Go(func() {
			if errs[i] = s.failed; errs[i] == nil {
				_, errs[i] = s.shipper.ShipWithin(ctx, patience)
			}
		})
	}
	wait.Wait()
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("sending the record: %w", err)
	}
	return nil
}
