// Package admincli lists the commands of dbxaccess-admin, in the form of those of dbxaccess.
//
// In comes an Env, out come answers and exit codes as there. It may link whole SDKs, which the credential path must
// not.
package admincli

import (
	"github.com/dbxaccess/dbxaccess/internal/admincli/workspacecmd"
	"github.com/dbxaccess/dbxaccess/internal/cli"
)

// Commands are those of the program. Each stands as cli.ForAdmins in the list of dbxaccess too, under the same name.
func Commands() []cli.Command {
	return []cli.Command{{Name: "workspace", New: workspacecmd.New}}
}
