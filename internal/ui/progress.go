package ui

import (
	"fmt"
	"time"
)

// Progress tells the person what they are waiting for, once that has taken a second: `asking idp.example.com… 3s`.
// Call done when it is over.
func (s *Streams) Progress(doing string) (done func()) {
	began := time.Now()
	return s.Live(time.Second, func() string {
		return fmt.Sprintf("%s… %s", doing, time.Since(began).Truncate(time.Second))
	})
}
