package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// answersOf is a server of credentials, the n-th answer of which is made by next, and the environment of a program that it serves.
func answersOf(t *testing.T, next func(n int) string) func(string) string {
	t.Helper()
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "the token" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		asked++
		_, _ = fmt.Fprint(w, next(asked))
	}))
	t.Cleanup(server.Close)
	values := map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": server.URL, "AWS_CONTAINER_AUTHORIZATION_TOKEN": "the token"}
	return func(name string) string { return values[name] }
}

func credentialsUntil(id string, ends time.Time) string {
	return fmt.Sprintf(`{"AccessKeyId":%q,"Expiration":%q}`, id, ends.Format(time.RFC3339Nano))
}

func TestARunOutlivesItsCredentials(t *testing.T) {
	t.Parallel()
	ends := time.Now().Add(500 * time.Millisecond)
	var out strings.Builder
	err := train(t.Context(), answersOf(t, func(n int) string {
		if n < 3 {
			return credentialsUntil("ASIAFIRST", ends)
		}
		return credentialsUntil("ASIASECOND", ends.Add(time.Hour))
	}), &out)
	lines := strings.Split(out.String(), "\n")
	if err != nil || len(lines) != 4 || !strings.Contains(lines[0], "ASIAFIRST") || !strings.Contains(lines[1], "ASIASECOND") || lines[2] != outlived {
		t.Errorf("%v\n%s", err, out.String())
	}
	if time.Now().Before(ends) {
		t.Error("the first ones have not ended")
	}
}

func TestARunWithoutCredentialsEnds(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{
		"":   "reading the credentials",
		"{}": "no credentials that work now",
		credentialsUntil("ASIAOLD", time.Now().Add(-time.Second)): "no credentials that work now",
	} {
		var out strings.Builder
		if err := train(t.Context(), answersOf(t, func(int) string { return answer }), &out); err == nil || !strings.Contains(err.Error(), want) || out.Len() > 0 {
			t.Errorf("%q: %v, said %q", answer, err, out.String())
		}
	}
	served := answersOf(t, func(int) string { return "" })
	other := func(name string) string { return strings.ReplaceAll(served(name), "the token", "another") }
	if err := train(t.Context(), other, &strings.Builder{}); err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("refused: %v", err)
	}
}
