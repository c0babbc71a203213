package broker

// LockName is the name of the lock under which a request for AWS credentials is renewed.
func (b *Broker) LockName(r Request) string {
	key, _ := b.aws().key(r)
	return key
}
