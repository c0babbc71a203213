package use

import (
	"cmp"

	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/shellenv"
	"github.com/dbxaccess/dbxaccess/internal/sts"
)

// vendedVariables say what vended keys reach, to scripts: no SDK reads it.
func vendedVariables(location, accessPoint string) []shellenv.Variable {
	return []shellenv.Variable{{Name: "DBXACCESS_LOCATION", Value: location}, {Name: "DBXACCESS_ACCESS_POINT", Value: accessPoint}}
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
