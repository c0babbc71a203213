package shipcmd

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/audit/sent"
	"github.com/dbxaccess/dbxaccess/internal/audit/ship"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/config/settings"
	"github.com/dbxaccess/dbxaccess/internal/credential"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// shippers are those of the named sinks, or of all. One that can't be opened does not keep the others from being.
func shippers(ctx context.Context, env *cli.Env, names []string) ([]sink, error) {
	s, err := env.Settings()
	if err != nil {
		return nil, err
	}
	file := filepath.Join(s.Dir, settings.FileName)
	if len(s.Audit.Sinks) == 0 {
		return nil, ui.Errorf("audit-sinks-none", ui.Failed, "the settings name no sink to send the record to").
			With(ui.Advice("add one to "+file+":"), ui.Command("audit: { sinks: [ { name: siem, type: otlp, url: 'https://siem.example.com:4318' } ] }"))
	}
	for _, name := range names {
		if !slices.ContainsFunc(s.Audit.Sinks, func(s settings.Sink) bool { return s.Name == name }) {
			return nil, ui.Errorf("audit-sink-unknown", ui.Usage, "the settings name no sink %q", ui.Clean(name)).
				With(ui.Advice("those that they name: " + strings.Join(sinkNames(s), ", ")))
		}
	}
	record, err := env.RecordDir()
	if err != nil {
		return nil, err
	}
	var all []sink
	for i, set := range s.Audit.Sinks {
		if len(names) > 0 && !slices.Contains(names, set.Name) {
			continue
		}
		made := sink{name: set.Name, kind: ui.Clean(set.Type)}
		o, err := optionsOf(ctx, env, set)
		if err != nil {
			made.failed = err
			all = append(all, made)
			continue
		}
		opened, err := ship.Open(o)
		if err == nil && set.Role != "" && set.Type != ship.S3 {
			err = errors.New("role: it is for the type " + ship.S3)
		}
		if err != nil {
			made.failed = ui.Errorf("audit-sink-invalid", ui.Failed, "the settings: audit.sinks[%d] (%s): %w", i, set.Name, err).With(ui.Advice("correct " + file))
		}
		made.shipper = &ship.Shipper{
			Place: sent.PlaceOf(s.Dir, set.Name, set.Place()), Sink: opened, Record: record, Now: env.Now, Log: env.Log(),
		}
		all = append(all, made)
	}
	return all, nil
}

// optionsOf are those of a sink, with its token, or with what fetches the credentials of its role.
func optionsOf(ctx context.Context, env *cli.Env, set settings.Sink) (o ship.Options, err error) {
	o = ship.Options{
		Name: set.Name, Type: set.Type, URL: set.URL, CAFile: set.CAFile, Header: set.Header, Region: set.Region, Partition: set.Partition,
		Getenv: env.Getenv, Now: env.Now, Log: env.Log(), Agent: "dbxaccess/" + env.Version.Number[1:],
	}
	switch set.Type {
	case ship.OTLP, ship.HEC, ship.Webhook:
		o.Token, err = env.SinkToken(ctx, set.Name)
	case ship.S3:
		err = bucket(env, &o, set.Role)
	}
	return o, err
}

// bucket adds what a bucket needs. What writes to it are the credentials of a role of the map, or what AWS gives this machine.
func bucket(env *cli.Env, o *ship.Options, role string) error {
	s, err := env.Settings()
	if err != nil {
		return err
	}
	aws, machine, err := env.AWS()
	if err != nil {
		return err
	}
	o.Hosts, o.Keys = aws.Hosts, machine.Credentials
	if role != "" {
		o.Keys = func(ctx context.Context) (*credential.AWS, error) {
			b, err := env.Broker(ctx)
			if err != nil {
				return nil, err
			}
			return b.Credentials(ctx, broker.Request{Role: role})
		}
	}
	o.Endpoint, err = httpclient.CheckEndpoint("AWS_ENDPOINT_URL_S3", env.Getenv("AWS_ENDPOINT_URL_S3"), s.TrustedHosts, iam.IsS3Host)
	return err
}

func sinkNames(s *settings.Settings) (names []string) {
	for _, sink := range s.Audit.Sinks {
		names = append(names, sink.Name)
	}
	return names
}

func completeSinks(env *cli.Env) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		s, err := env.Settings()
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		names := slices.DeleteFunc(sinkNames(s), func(name string) bool { return slices.Contains(args, name) })
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}
