package credential

import (
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/iam"
)

// MaxRun bounds the name of a run, in characters: half of a role session name stays for the person. An MLflow run's ID is as long.
const MaxRun = iam.MaxName / 2

// BeforeRun stands between the person and the run in a role session name, and so in neither.
const BeforeRun = ','

// The variables that name the run for what is not told --run. The first is a person's or a pipeline's own word, the second is set
// by MLflow for the programs of a project: https://mlflow.org/docs/latest/ml/projects/
const (
	RunVariable       = "DBXACCESS_RUN"
	MLflowRunVariable = "MLFLOW_RUN_ID"
)

// IsRun reports whether a text can name a run: 1 to MaxRun of the characters that AWS takes in a role session name, but the comma.
func IsRun(run string) bool {
	return iam.IsName(run) && len(run) <= MaxRun && !strings.ContainsRune(run, BeforeRun)
}

// RunOf is the run that the environment names, "" for none. RunVariable is told as it stands, as a name that AWS would not take is a
// mistake to be said; MLflow's word is not the person's, so one that is no name is none.
func RunOf(getenv func(string) string) string {
	if run := getenv(RunVariable); run != "" {
		return run
	}
	if run := getenv(MLflowRunVariable); IsRun(run) {
		return run
	}
	return ""
}
