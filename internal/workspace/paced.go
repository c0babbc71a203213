package workspace

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
)

// How requests are spread after a workspace said that there were too many: the SDK's own pace is 15 a second, which is the most.
const (
	firstGap   = 200 * time.Millisecond // between two requests after the first 429
	longestGap = 4 * time.Second
	longestAsk = time.Minute // of what Retry-After is taken for
	easeAfter  = 20          // answers, after which the gap is halved
)

// paced leaves more time between requests while a workspace says that there are too many, and less again when it has not said so
// for a while. The SDK repeats what was turned down; that the others are slower too is what makes it stop.
type paced struct {
	base http.RoundTripper

	mu   sync.Mutex
	gap  time.Duration // between two requests; 0 leaves the pace to the SDK
	next time.Time     // before which none is made
	good int           // answers since the gap was changed
}

func (p *paced) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := httpclient.Wait(r.Context(), p.turn()); err != nil {
		return nil, err
	}
	answer, err := p.base.RoundTrip(r)
	if err == nil {
		p.saw(answer)
	}
	return answer, err
}

// turn is how long the next request has to wait.
func (p *paced) turn() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	at := now
	if p.next.After(now) {
		at = p.next
	}
	p.next = at.Add(p.gap)
	return at.Sub(now)
}

func (p *paced) saw(answer *http.Response) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch answer.StatusCode {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		p.gap, p.good = min(max(2*p.gap, firstGap), longestGap), 0
		wait := p.gap
		if seconds, err := strconv.Atoi(answer.Header.Get("Retry-After")); err == nil && seconds > 0 {
			wait = max(wait, min(time.Duration(seconds)*time.Second, longestAsk))
		}
		if at := time.Now().Add(wait); at.After(p.next) {
			p.next = at
		}
	default:
		if p.good++; p.good >= easeAfter && p.gap > 0 {
			p.good = 0
			if p.gap /= 2; p.gap < firstGap/2 {
				p.gap = 0
			}
		}
	}
}
