package store

import (
	"context"

	"github.com/dbxaccess/dbxaccess/internal/store/lock"
)

func newLinuxRing(o Options, lock lock.Func) ring {
	if o.Selection.Backend == Kernel {
		return newKernelRing(o, lock)
	}
	return newSecretServiceRing(o)
}

// reach finds out whether a backend answers, and where on the Secret Service items are to be kept.
func reach(ctx context.Context, b Backend) (collection string, err error) {
	switch b {
	case SecretService:
		return existingCollection(ctx)
	case Kernel:
		return "", checkKernel()
	default:
		return "", nil
	}
}
