package verify

import (
	"context"
	"errors"
	"sync"
)

// errCounted is what a look returns that has counted its object otherwise.
var errCounted = errors.New("counted otherwise")

// each calls look for each of some objects, several at a time, until one of them ends the run. What a look could not read is a finding
// about the object it is called with.
func each[T any](ctx context.Context, r *run, part Part, list []T, object func(T) Object, look func(context.Context, T) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var running sync.WaitGroup
	next := make(chan T)
	for range min(atOnce, len(list)) {
		running.Go(func() {
			for one := range next {
				err := look(ctx, one)
				switch {
				case err == nil:
					r.looked()
				case errors.Is(err, errCounted):
				case ends(ctx, err):
					cancel(err)
				case gone(err): // since it was listed
				default:
					r.notRead(part, object(one), "", r.explain(object(one).String(), err))
				}
			}
		})
	}
	for _, one := range list {
		if ctx.Err() != nil {
			break
		}
		select {
		case next <- one:
		case <-ctx.Done():
		}
	}
	close(next)
	running.Wait()
	return context.Cause(ctx)
}
