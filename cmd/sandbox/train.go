package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/sandbox"
)

// shortLife is how long the credentials live that the step with a run is given: an hour would be too long to watch.
const shortLife = 6 * time.Second

// runs has a program run under exec for longer than its credentials live.
func runs(ctx context.Context, d *demo, args []string) error {
	d.sandbox.Set(func(b *sandbox.Behaviour) { b.CredentialLifetime = shortLife })
	defer d.sandbox.Set(func(b *sandbox.Behaviour) { b.CredentialLifetime = 0 })
	d.log.note("STS gives credentials for %s here, in place of an hour.", shortLife)
	out, err := d.command(ctx, args...)
	if err != nil {
		return err
	}
	return holds(out, []string{outlived})
}

// outlived is what train says at its end.
const outlived = "The first ones have ended, and the program works on."

// errNoServer: train was started by itself.
var errNoServer = errors.New("-train goes under dbxaccess exec, which serves credentials: dbxaccess exec " + demoRole + " -- sandbox -train")

// train asks for AWS credentials as SDKs do in a container, and says so of each that are new, until the first ones have ended and others work.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
func train(ctx context.Context, getenv func(string) string, out io.Writer) error {
	address, token := getenv("AWS_CONTAINER_CREDENTIALS_FULL_URI"), getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN")
	if address == "" {
		return errNoServer
	}
	var first, last containerCredentials
	for {
		now, err := credentialsIn(ctx, address, token)
		if err != nil {
			return err
		}
		if first.AccessKeyID == "" {
			first = now
		}
		if now.AccessKeyID != last.AccessKeyID {
			last = now
			const clock = "15:04:05"
			if _, err := fmt.Fprintf(out, "%s  credentials %s, which end at %s\n", time.Now().Format(clock), now.AccessKeyID, now.Expiration.Local().Format(clock)); err != nil {
				return err
			}
		}
		if last.AccessKeyID != first.AccessKeyID && time.Now().After(first.Expiration) {
			_, err := fmt.Fprintln(out, outlived)
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}

type containerCredentials struct {
	AccessKeyID string `json:"AccessKeyId"`
	Expiration  time.Time
}

func credentialsIn(ctx context.Context, address, token string) (c containerCredentials, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return c, fmt.Errorf("asking for credentials: %w", err)
	}
	request.Header.Set("Authorization", token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return c, fmt.Errorf("asking for credentials: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return c, fmt.Errorf("asking for credentials: %s", response.Status)
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, 1<<16)).Decode(&c); err != nil {
		return c, fmt.Errorf("reading the credentials: %w", err)
	}
	if c.AccessKeyID == "" || !c.Expiration.After(time.Now()) {
		return c, errors.New("these are no credentials that work now")
	}
	return c, nil
}
