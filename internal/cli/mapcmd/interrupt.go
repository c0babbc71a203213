package mapcmd

import "context"

// interruptible is what a computation comes to, which looks at no context and touches nothing but its own; or the error of the
// context, where that ends first. The computation is then left behind, for the program to end with.
func interruptible[T any](ctx context.Context, compute func() (T, error)) (T, error) {
	type outcome struct {
		value T
		err   error
	}
	done := make(chan outcome, 1)
	go func() {
		value, err := compute()
		done <- outcome{value, err}
	}()
	select {
	case o := <-done:
		return o.value, o.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}
