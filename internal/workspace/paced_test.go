package workspace

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"
)

// statuses answers with one after the other, the last from then on.
type statuses struct {
	list  []int
	after string
}

func (s *statuses) RoundTrip(*http.Request) (*http.Response, error) {
	status := s.list[0]
	if len(s.list) > 1 {
		s.list = s.list[1:]
	}
	answer := &http.Response{StatusCode: status, Body: http.NoBody, Header: http.Header{}}
	if status != http.StatusOK {
		answer.Header.Set("Retry-After", s.after)
	}
	return answer, nil
}

func TestAWorkspaceThatIsBusyIsAskedSlower(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		statuses
		want []time.Duration // before each request
	}{
		"not busy":       {statuses{[]int{200}, ""}, []time.Duration{0, 0, 0}},
		"busy":           {statuses{[]int{429, 503, 200}, ""}, []time.Duration{0, 200 * time.Millisecond, 400 * time.Millisecond, 400 * time.Millisecond}},
		"with a time":    {statuses{[]int{429, 200}, "3"}, []time.Duration{0, 3 * time.Second, 200 * time.Millisecond}},
		"too long a one": {statuses{[]int{429, 200}, "86400"}, []time.Duration{0, time.Minute}},
		"a hostile one":  {statuses{[]int{429, 200}, "-5"}, []time.Duration{0, 200 * time.Millisecond}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := &paced{base: &c.statuses}
				for i, want := range c.want {
					if took := timed(t, p); took != want {
						t.Errorf("request %d waited %s, not %s", i, took, want)
					}
				}
			})
		})
	}
}

func TestAPaceRecovers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &paced{base: &statuses{[]int{429, 429, 429, 429, 429, 429, 429, 200}, ""}}
		for range 8 {
			timed(t, p)
		}
		if took := timed(t, p); took != longestGap {
			t.Errorf("no longer than %s: %s", longestGap, took)
		}
		for range 6 * easeAfter {
			timed(t, p)
		}
		if took := timed(t, p); took != 0 {
			t.Errorf("still %s apart", took)
		}
	})
}

// timed makes a request and returns how long it took, which is how long it had to wait.
func timed(t *testing.T, p *paced) time.Duration {
	t.Helper()
	began := time.Now()
	answer, err := p.RoundTrip(httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	return time.Since(began)
}
