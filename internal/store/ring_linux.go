package store

import "context"

func newLinuxRing(o Options, locks *lockDir) ring {
	if o.Selection.Backend == Kernel {
		return newKernelRing(o, locks)
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
