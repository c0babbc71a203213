package lock

import (
	"context"
	"errors"
	"sync"
)

// InProcess returns locks for what no other process shares. Shared ones are held one at a time too.
func InProcess() Func {
	var mu sync.Mutex
	turns := map[string]chan struct{}{}
	return func(ctx context.Context, name string, _ Mode) (unlock func() error, err error) {
		mu.Lock()
		turn := turns[name]
		if turn == nil {
			turn = make(chan struct{}, 1)
			turns[name] = turn
		}
		mu.Unlock()
		select {
		case turn <- struct{}{}:
			return sync.OnceValue(func() error { <-turn; return nil }), nil
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.Canceled) {
				return nil, ctx.Err()
			}
			return nil, timeout(name, "try again")
		}
	}
}
