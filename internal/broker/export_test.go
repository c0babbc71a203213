package broker

// LockName is the name of the lock under which a request is renewed.
func (b *Broker) LockName(r Request) string { return b.itemKey(r) }
