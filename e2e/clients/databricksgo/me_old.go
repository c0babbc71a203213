//go:build old

package main

import (
	"context"
	"errors"

	"github.com/databricks/databricks-sdk-go"
	"github.com/databricks/databricks-sdk-go/service/iam"
)

// me is that of the SDKs which old.mod stands for; they take no request here.
func me(ctx context.Context, workspace *databricks.WorkspaceClient) (*iam.User, error) {
	return workspace.CurrentUser.Me(ctx)
}

// estate is for the SDK of today.
func estate(context.Context, *databricks.WorkspaceClient) (any, error) {
	return nil, errors.New("not with this SDK")
}
