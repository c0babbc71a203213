package verify

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/databricks/databricks-sdk-go/apierr"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// explain is an error as people read it.
func (r *run) explain(what string, err error) error {
	if own, ok := errors.AsType[*ui.Error](err); ok {
		return own
	}
	return r.c.Explain(r.c.Doing("for "+ui.Clean(what)), err)
}

// ends reports an error after which nothing else would be answered either.
func ends(ctx context.Context, err error) bool {
	if ctx.Err() != nil {
		return true
	}
	if _, ours := errors.AsType[*unusualError](err); ours {
		return false
	}
	refused, answered := errors.AsType[*apierr.APIError](err)
	if !answered {
		return true // the network, or the token's renewal
	}
	return slices.Contains([]int{http.StatusUnauthorized, http.StatusTooManyRequests, http.StatusServiceUnavailable}, refused.StatusCode)
}

// gone reports that there is no such thing. clusters/get and jobs/get say so with a 400.
func gone(err error) bool {
	refused, ok := errors.AsType[*apierr.APIError](err)
	return ok && (refused.StatusCode == http.StatusNotFound || refused.StatusCode == http.StatusBadRequest && errors.Is(err, apierr.ErrResourceDoesNotExist))
}

// absent reports that the workspace does not have the whole part. A 404 otherwise may mean that it is not ours to see.
func absent(err error) bool {
	refused, ok := errors.AsType[*apierr.APIError](err)
	return ok && slices.Contains([]string{"ENDPOINT_NOT_FOUND", "FEATURE_DISABLED"}, refused.ErrorCode)
}

// unusualError is an answer that is not what its API promises.
type unusualError struct{ error }

func (e *unusualError) Unwrap() error { return e.error }
