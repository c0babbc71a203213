package cli

import (
	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/credential"
	"github.com/dbxaccess/dbxaccess/internal/shellenv"
	"github.com/dbxaccess/dbxaccess/internal/sts"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// RunFlag adds --run. A name that is empty is refused: `--run "$UNSET"` must not mean a run without one.
func RunFlag(cmd *cobra.Command, value *string) {
	cmd.Flags().Var(runName{value}, "run",
		"`name` of this run, by which CloudTrail and the record show it ("+credential.RunVariable+", else "+credential.MLflowRunVariable+")")
}

type runName struct{ value *string }

func (r runName) String() string {
	if r.value == nil {
		return ""
	}
	return *r.value
}
func (r runName) Type() string { return "name" }
func (r runName) Set(name string) error {
	if err := sts.CheckRun(name); err != nil {
		return err
	}
	*r.value = name
	return nil
}

// RunVariable names the run to programs, and to what they run of ours. What MLflow names is left to MLflow: a run may start others,
// whose IDs it sets.
func RunVariable(r broker.Request, getenv func(string) string) []shellenv.Variable {
	if r.Run == "" || r.Run == getenv(credential.MLflowRunVariable) {
		return nil
	}
	return []shellenv.Variable{{Name: credential.RunVariable, Value: r.Run}}
}

// runOf is the run in the environment; "" where there is none.
func runOf(getenv func(string) string) (string, error) {
	run := credential.RunOf(getenv)
	if run == "" {
		return "", nil
	}
	if err := sts.CheckRun(run); err != nil {
		return "", ui.Errorf("", ui.CodeOf(err), "%s: %w", credential.RunVariable, err)
	}
	return run, nil
}
