package e2e

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/e2e/internal/dex"
	"github.com/dbxaccess/dbxaccess/e2e/internal/laptop"
	"github.com/dbxaccess/dbxaccess/e2e/internal/secretservice"
)

// signedIn is a laptop whose owner signed in as the trainer, with the secrets in a Secret Service.
func signedIn(t *testing.T, s *stack) (*laptop.Laptop, *secretservice.Bus) {
	t.Helper()
	l := newLaptop(t, s)
	bus := secretservice.StartBus(t)
	bus.Unlocked(t, l.Home)
	l.Set("DBUS_SESSION_BUS_ADDRESS", bus.Address)
	initialise(t, l)
	login(t, l, dex.Alice, trainer)
	return l, bus
}

// Credentials that have really ended are renewed without a word to the person.
func TestSilentRenewalAfterRealExpiry(t *testing.T) {
	t.Parallel()
	s := startStack(t, shortLife)
	l, _ := signedIn(t, s)
	old := credentials(t, l, trainer)
	if _, err := s.minio.GetObject(t.Context(), old, "acme-ml", "churn/train.csv"); err != nil {
		t.Fatalf("the first credentials don't work: %v", err)
	}
	refreshes, _ := s.dex.Refreshes()
	s.expired(t, old)

	renewed := credentials(t, l, trainer)
	if renewed.AccessKeyID == old.AccessKeyID {
		t.Error("the key is still the old one")
	}
	if _, err := s.minio.GetObject(t.Context(), renewed, "acme-ml", "churn/train.csv"); err != nil {
		t.Errorf("the renewed credentials don't work: %v", err)
	}
	if _, err := s.minio.GetObject(t.Context(), renewed, "acme-ml", "churn-secret/train.csv"); codeOf(err) != "AccessDenied" {
		t.Errorf("the renewed credentials lost their session policy: %v", err)
	}
	if tried, refused := s.dex.Refreshes(); tried != refreshes+1 || refused != 0 {
		t.Errorf("%d refreshes, %d refused, want one", tried-refreshes, refused)
	}
	// The refresh token was rotated, and the new one is the one that was kept.
	s.expired(t, renewed)
	credentials(t, l, trainer)
	if tried, refused := s.dex.Refreshes(); tried != refreshes+2 || refused != 0 {
		t.Errorf("%d refreshes, %d refused, want two", tried-refreshes, refused)
	}
}

var crowded sync.Mutex

// keyringWait is how long the product waits for one answer of the desktop's keyring.
const keyringWait = 3 * time.Second

// However many processes ask at once, the provider sees one refresh and the STS one call for each role. It has the machine
// for itself: not parallel to the others. The two crowds wait for their credentials' end together, and come one after the other.
func TestHundredProcessesAtOnce(t *testing.T) {
	for _, tt := range []struct {
		name  string
		roles []string
	}{
		{"one role", []string{trainer}},
		{"three roles", []string{trainer, reader, admin}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := startStack(t, shortLife)
			l, _ := signedIn(t, s)
			s.expired(t, credentials(t, l, trainer))
			refreshes, _ := s.dex.Refreshes()
			assumes, _ := s.minio.Assumes()

			crowded.Lock() // two hundred at once would be a test of the machine
			defer crowded.Unlock()
			const processes = 100
			var running [processes]*laptop.Running
			for i := range running {
				running[i] = l.StartProduct(t, "credential-process", "--role", tt.roles[i%len(tt.roles)])
			}
			answers := map[string]string{} // by role
			failures := map[string]int{}   // by message
			slowest, late := time.Duration(0), 0
			var results [processes]laptop.Result
			for i, r := range running {
				results[i] = r.Wait()
				slowest = max(slowest, results[i].Took)
			}
			for i, result := range results {
				if result.Code == codeKeyringUnavailable && result.Took > keyringWait {
					// A hundred stood in line for the one thread of the keyring. On a slow machine it takes longer than
					// anybody waits; then one asks again, as a person does, and that must cost nothing.
					late++
					result = l.Run(t, "credential-process", "--role", tt.roles[i%len(tt.roles)])
				}
				if result.Code != 0 {
					failures[fmt.Sprintf("exit code %d: %s", result.Code, result.Stderr)]++
					continue
				}
				answer(t, result)
				role := tt.roles[i%len(tt.roles)]
				if first, ok := answers[role]; ok && first != result.Stdout {
					t.Errorf("process %d got another answer for %s than the first", i, role)
				}
				answers[role] = result.Stdout
			}
			for message, times := range failures {
				t.Errorf("%d of %d processes: %s", times, processes, message)
			}
			t.Logf("the slowest took %v, and the keyring kept %d waiting for too long", slowest, late)
			if tried, refused := s.dex.Refreshes(); tried != refreshes+1 || refused != 0 {
				t.Errorf("%d refreshes, %d refused, want one", tried-refreshes, refused)
			}
			if tried, refused := s.minio.Assumes(); tried != assumes+len(tt.roles) || refused != 0 {
				t.Errorf("%d assumes, %d refused, want %d", tried-assumes, refused, len(tt.roles))
			}
		})
	}
}
