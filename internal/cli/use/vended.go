package use

import (
	"cmp"
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/shellenv"
	"github.com/dbxaccess/dbxaccess/internal/sts"
)

// ofVended makes a role's variables those of vended keys, and says what these reach, to scripts: no SDK reads it.
func ofVended(variables []shellenv.Variable, location, accessPoint string) []shellenv.Variable {
	return append(slices.DeleteFunc(variables, withoutRegion),
		shellenv.Variable{Name: "DBXACCESS_LOCATION", Value: location}, shellenv.Variable{Name: "DBXACCESS_ACCESS_POINT", Value: accessPoint})
}

// announceVended tells what vended keys are for.
func announceVended(env *cli.Env, keys *sts.Credentials) {
	env.Console.Info("dbxaccess: the AWS keys are vended for %s", cmp.Or(keys.Reaches, "a service credential"))
	cli.WarnOfAccessPoint(env, keys.AccessPoint)
}

// withoutRegion leaves a person's own region in place, which may be the data's: a role of Databricks alone has none.
func withoutRegion(v shellenv.Variable) bool {
	return v.Value == "" && (v.Name == "AWS_REGION" || v.Name == "AWS_DEFAULT_REGION")
}
