//go:build !old

package main

import (
	"context"

	"github.com/databricks/databricks-sdk-go"
	"github.com/databricks/databricks-sdk-go/service/iam"
)

func me(ctx context.Context, workspace *databricks.WorkspaceClient) (*iam.User, error) {
	return workspace.CurrentUser.Me(ctx, iam.MeRequest{})
}
