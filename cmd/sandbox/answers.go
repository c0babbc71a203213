package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/sandbox"
)

// credentialsOf checks the answer of credential-process for a role, "" for any: that it is what SDKs take, and that STS issued
// what is in it.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
func credentialsOf(role string) func(answer []byte, s *sandbox.Server) error {
	return func(answer []byte, s *sandbox.Server) error {
		var c struct {
			Version                                   int
			AccessKeyID                               string `json:"AccessKeyId"`
			SecretAccessKey, SessionToken, Expiration string
		}
		if err := json.Unmarshal(answer, &c); err != nil {
			return fmt.Errorf("reading the credentials: %w", err)
		}
		issued := func(call sandbox.STSCall) bool {
			return call.AccessKeyID == c.AccessKeyID && (role == "" || strings.HasSuffix(call.RoleARN, "/"+role))
		}
		_, err := time.Parse(time.RFC3339, c.Expiration)
		switch {
		case c.Version != 1:
			return fmt.Errorf("the version is %d, not 1", c.Version)
		case c.SecretAccessKey == "" || c.SessionToken == "":
			return errors.New("the credentials are incomplete")
		case err != nil:
			return fmt.Errorf("the expiration: %w", err)
		case !slices.ContainsFunc(s.STSCalls(), issued):
			return fmt.Errorf("STS did not issue %q for %s", c.AccessKeyID, role)
		}
		return nil
	}
}

// expiryForm is the only form of time that every Databricks SDK reads rightly: local, six digits of the second's
// fraction, a numeric offset.
const expiryForm = "2006-01-02T15:04:05.000000-07:00"

// checkToken checks the answer of auth token, and that the workspace issued what is in it.
func checkToken(answer []byte, s *sandbox.Server) error {
	var c struct {
		AccessToken string `json:"access_token"`
		TokenType   string `json:"token_type"`
		Expiry      string `json:"expiry"`
	}
	if err := json.Unmarshal(answer, &c); err != nil {
		return fmt.Errorf("reading the token: %w", err)
	}
	_, err := time.Parse(expiryForm, c.Expiry)
	switch {
	case c.TokenType != "Bearer":
		return fmt.Errorf("the token type is %q, not Bearer", c.TokenType)
	case err != nil:
		return fmt.Errorf("the expiry: %w", err)
	case len(s.ExchangeCalls()) == 0 || !slices.Contains(s.Secrets(), c.AccessToken):
		return errors.New("the workspace did not issue the token")
	}
	return nil
}
