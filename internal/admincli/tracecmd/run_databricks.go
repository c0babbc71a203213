package tracecmd

import (
	"context"
	"fmt"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit/trace/tracesql"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/ui"
	"github.com/dbxaccess/dbxaccess/internal/warehouse"
	"github.com/dbxaccess/dbxaccess/internal/workspace"
)

// answerTime is how long a part of an answer may take.
const answerTime = time.Minute

func openDatabricks(env *cli.Env, f flags, j tracesql.Join, tell func(warehouse.Status)) (*engine, error) {
	if !warehouse.IsWarehouse(f.sql.warehouse) {
		return nil, ui.Errorf("trace-sql-warehouse", ui.Usage, "a query is run by a SQL warehouse, and --warehouse names none").
			With(ui.Advice("its ID stands in its page of the workspace, and in databricks warehouses list"), ui.Command("dbxaccess audit trace --sql databricks --run --warehouse ID"))
	}
	d := &warehouse.Databricks{Workspace: workspaceOf(env, f.sql.access.As), Warehouse: f.sql.warehouse, Tell: tell}
	return &engine{d, func(ctx context.Context) (string, error) {
		about, err := d.About(ctx)
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("The SQL warehouse %s reads %s from %s to %s, and is charged by the time that it runs; it is started if it does not run.",
			about, auditTable, j.Since.Format(time.DateOnly), j.Until.Format(time.DateOnly)), nil
	}}, nil
}

// workspaceOf gives a client of a role's workspace, whose token is renewed before it ends.
func workspaceOf(env *cli.Env, role string) warehouse.Workspace {
	var client *workspace.Client
	return func(ctx context.Context) (*workspace.Client, error) {
		if client != nil {
			return client, nil
		}
		var named []string
		if role != "" {
			named = []string{role}
		}
		b, asked, err := cli.PickRole(ctx, env, broker.Request{}, named)
		if err != nil {
			return nil, err
		}
		renew := func(ctx context.Context) (*databricks.Token, error) { return b.WorkspaceToken(ctx, asked) }
		token, err := renew(ctx)
		if err == nil {
			client, err = workspace.New(env.HTTP(maxPart), token, workspace.Options{Renew: renew, Patience: answerTime})
		}
		return client, err
	}
}
