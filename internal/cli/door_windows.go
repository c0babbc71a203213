package cli

// onlyOurs leaves the judgement to Windows: programs are installed where its access lists let their owner write alone.
func onlyOurs(...string) error { return nil }
