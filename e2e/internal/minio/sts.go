package minio

import (
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const assumeAction = "AssumeRoleWithWebIdentity"

// Assume trades an ID token for credentials at the STS itself, uncounted. An empty policy leaves the role's own
// permissions; no duration is asked for, so that the credentials end with the token.
func (s *Server) Assume(ctx context.Context, idToken, policy string) (Credentials, error) {
	form := url.Values{
		"Action": {assumeAction}, "Version": {"2011-06-15"},
		"RoleArn": {s.RoleARN}, "RoleSessionName": {"control"}, "WebIdentityToken": {idToken},
	}
	if policy != "" {
		form.Set("Policy", policy)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL, strings.NewReader(form.Encode()))
	if err != nil {
		return Credentials{}, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	body, err := exchange(request)
	if err != nil {
		return Credentials{}, err
	}
	return credentialsOf(body)
}

func credentialsOf(answer []byte) (Credentials, error) {
	var response struct {
		Result struct {
			Credentials struct {
				AccessKeyID     string `xml:"AccessKeyId"`
				SecretAccessKey string
				SessionToken    string
				Expiration      time.Time
			}
		} `xml:"AssumeRoleWithWebIdentityResult"`
	}
	if err := xml.Unmarshal(answer, &response); err != nil {
		return Credentials{}, fmt.Errorf("reading the STS answer: %w", err)
	}
	c := response.Result.Credentials
	return Credentials{c.AccessKeyID, c.SecretAccessKey, c.SessionToken, c.Expiration}, nil
}

// Assumes counts the calls at STSURL that a client made to take the role, and those that were refused.
func (s *Server) Assumes() (tried, refused int) {
	return s.gate.Count("Action", assumeAction)
}

// Issued returns the credentials that went out at STSURL, oldest first.
func (s *Server) Issued() []Credentials {
	var issued []Credentials
	for _, e := range s.gate.Exchanges("Action", assumeAction) {
		if c, err := credentialsOf(e.Body); err == nil && c.SecretAccessKey != "" {
			issued = append(issued, c)
		}
	}
	return issued
}

// Secrets returns every secret key and session token that went out at STSURL.
func (s *Server) Secrets() []string {
	var secrets []string
	for _, c := range s.Issued() {
		secrets = append(secrets, c.SecretAccessKey, c.SessionToken)
	}
	return secrets
}
