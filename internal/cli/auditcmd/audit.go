// Package auditcmd holds the commands about the record: who signed in, what was issued to whom, and what it comes to.
//
// In come the record's files, this machine's or others', and what is wanted of them; out come records as tables, JSON, CSV or the
// events of OCSF that they are, sums and charts. They must never write to the record or take anything of it away, but for prune when told to, keep more of it in memory than they show, or
// leave out a line that they can't read without a word, print the private key, nor call whole what they have not read.
package auditcmd

import (
	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/cli"
)

// AdminVerbs are those that dbxaccess-admin has.
var AdminVerbs = []string{"ship", "trace"}

// New is `audit`.
func New(env *cli.Env) *cobra.Command {
	return cli.Group("audit", "The record of who was given what", "Every credential that is issued, served or refused is recorded on this machine: docs/audit.md.",
		newList(env), newShow(env), newExport(env), newCost(env), newVerify(env), newKey(env), newPrune(env), cli.AdminVerb("ship", "Send the record to the sinks of the settings"),
		cli.AdminVerb("trace", "Join CloudTrail and Databricks' audit log with the record: who read what"))
}
