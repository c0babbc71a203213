package doctorcmd

import (
	"cmp"
	"context"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/doctor"
	"github.com/dbxaccess/dbxaccess/internal/localfile"
	"github.com/dbxaccess/dbxaccess/internal/ownkeys"
	"github.com/dbxaccess/dbxaccess/internal/profiles"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// wanted are the flags about static keys.
type wanted struct {
	secrets, live, fix, yes bool
}

// check refuses flags that don't go together.
func (w wanted) check(others bool) error {
	if (w.live || w.fix) && !w.secrets || w.yes && !w.fix || w.secrets && others {
		return ui.Errorf("doctor-flags-apart", ui.Usage, "--live and --fix go with --secrets, --yes goes with --fix, and --role, --deep and --all-roles go without any of them").
			With(ui.Command(doctor.FindKeys))
	}
	return nil
}

// examine looks for static keys, and passes each finding to tell.
func (w wanted) examine(ctx context.Context, env *cli.Env, tell func(doctor.Finding)) error {
	settings, err := env.Settings()
	if err != nil {
		return err
	}
	keys := doctor.Keys{BackupDir: doctor.BackupDir(settings.Dir), Machine: machine(env)}
	if w.fix {
		keys.Move = func(ctx context.Context, movable []ownkeys.Key) (bool, error) {
			return w.confirm(ctx, env, keys.BackupDir, movable)
		}
	}
	if w.live {
		aws, _, err := env.AWS()
		if err != nil {
			return err
		}
		owner := doctor.KeyOwner{
			AWS: aws, Region: cmp.Or(env.Getenv("AWS_REGION"), env.Getenv("AWS_DEFAULT_REGION"), "us-east-1"),
			Databricks: &databricks.Client{HTTP: env.HTTP(0), TrustedHosts: settings.TrustedHosts, Now: env.Now},
		}
		said := sync.OnceFunc(func() {
			env.Console.Info("Asking AWS and Databricks whose the keys are, with the keys themselves: they record that as a use.")
		})
		keys.Owner = func(ctx context.Context, k ownkeys.Key) (string, error) {
			said()
			return owner.Ask(ctx, k)
		}
	}
	return doctor.ExamineKeys(ctx, linksOf(env), keys, tell)
}

// machine is where this person's tools keep keys.
func machine(env *cli.Env) ownkeys.Machine {
	m := ownkeys.Machine{Getenv: env.Getenv, Environ: env.Environ()}
	m.Home, _ = localfile.Home(env.Getenv) // without one there are only files that variables name
	m.Dir, _ = os.Getwd()
	for _, file := range []func() (profiles.Target, error){env.AWSFile, env.DatabricksFile} {
		if target, err := file(); err == nil {
			m.Configs = append(m.Configs, target.Files()...)
		}
	}
	return m
}

// confirm asks before any file is changed.
func (w wanted) confirm(ctx context.Context, env *cli.Env, dir string, movable []ownkeys.Key) (bool, error) {
	if w.yes {
		return true, nil
	}
	if !env.Streams.Interactive {
		return false, ui.Errorf("keys-unconfirmed", ui.Refused, "files are changed after a question, and there is no terminal to ask at").With(ui.Command(doctor.MoveKeys + " --yes"))
	}
	var files []string
	for _, k := range movable {
		if file := ui.Clean(k.File); !slices.Contains(files, file) {
			files = append(files, file)
		}
	}
	return env.Streams.Confirm(ctx, "Move "+ui.Count(len(movable), "key", "keys")+" out of "+strings.Join(files, ", ")+" to "+dir+
		"? What uses them will stop working.")
}
