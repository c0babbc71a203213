package under

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/admincli/mcpcmd/scrub"
	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/localfile"
	"github.com/dbxaccess/dbxaccess/internal/secret"
)

const (
	// soonest and latest bound how often it is asked what is served now. A credential is followed by the next one when most of its life is
	// over, so that an eighth of it misses none.
	soonest, latest = 5 * time.Second, 5 * time.Minute
	// askWait bounds one question.
	askWait = 20 * time.Second
	// maxAnswer bounds an answer, and the program's config file, in bytes.
	maxAnswer = 256 << 10
)

// issued learns what the server beside the program serves it, so that it can be taken out of what that prints.
type issued struct {
	http *http.Client
	from []endpoint

	mu      sync.Mutex
	secrets scrub.Secrets
}

// endpoint serves one kind of credential.
type endpoint struct {
	url    string
	header map[string]string
}

// endpoints are those of the environment that dbxaccess exec has made. With several workspaces they are in a file.
func endpoints(getenv func(string) string) (all []endpoint, known []string, err error) {
	if address := getenv("AWS_CONTAINER_CREDENTIALS_FULL_URI"); address != "" {
		token := getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN")
		all = append(all, endpoint{address, map[string]string{"Authorization": token}})
		known = append(known, token)
	}
	workspace := func(address, host string) {
		all = append(all, endpoint{address, map[string]string{databricks.MetadataVersionHeader: databricks.MetadataVersion, databricks.MetadataHostHeader: host}})
	}
	if address := getenv("DATABRICKS_METADATA_SERVICE_URL"); address != "" {
		workspace(address, getenv("DATABRICKS_HOST"))
	} else if file := getenv("DATABRICKS_CONFIG_FILE"); file != "" {
		text, _, err := localfile.Read(file, maxAnswer)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, nil, err
		}
		host := ""
		for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
			name, value, _ := strings.Cut(lines.Text(), "=")
			switch strings.TrimSpace(name) {
			case "host":
				host = strings.TrimSpace(value)
			case "metadata_service_url":
				workspace(strings.TrimSpace(value), host)
			}
		}
	}
	for _, one := range all { // what is behind the host opens it
		if at, err := url.Parse(one.url); err == nil {
			known = append(known, strings.Trim(at.Path, "/"))
		}
	}
	return all, known, nil
}

func (i *issued) learn(values ...string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, value := range values {
		i.secrets.Add(secret.New(value))
	}
}

// errUnreachable: the server beside the program can't be asked what it has served.
var errUnreachable = errors.New("what serves the credentials can't be asked")

// ask learns what is served now, and when to ask again. Where the server refuses, it has handed out nothing new.
func (i *issued) ask(ctx context.Context) (again time.Duration, err error) {
	again = latest
	for _, from := range i.from {
		ends, one := i.askOne(ctx, from)
		err = errors.Join(err, one)
		left := soonest
		if !ends.IsZero() {
			left = time.Until(ends) / 8
		}
		again = min(again, max(left, soonest))
	}
	return again, err
}

func (i *issued) askOne(ctx context.Context, from endpoint) (ends time.Time, err error) {
	ctx, cancel := context.WithTimeout(ctx, askWait)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, from.url, nil)
	if err != nil {
		return ends, err
	}
	for name, value := range from.header {
		request.Header.Set(name, value)
	}
	response, err := i.http.Do(request)
	if err != nil {
		return ends, fmt.Errorf("%w: %w", errUnreachable, err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return ends, fmt.Errorf("%w: %w", errUnreachable, err)
	}
	if response.StatusCode != http.StatusOK {
		return ends, nil
	}
	var served struct {
		Key     string    `json:"SecretAccessKey"`
		Token   string    `json:"Token"`
		Ends    time.Time `json:"Expiration"`
		Access  string    `json:"access_token"`
		Seconds int64     `json:"expires_on"` // since 1970
	}
	if err := json.Unmarshal(body, &served); err != nil {
		return ends, fmt.Errorf("%w: it answers with no JSON", errUnreachable)
	}
	i.learn(served.Key, served.Token, served.Access)
	if served.Seconds != 0 {
		served.Ends = time.Unix(served.Seconds, 0)
	}
	return served.Ends, nil
}

// follow learns what is served until ctx ends.
func (i *issued) follow(ctx context.Context, again time.Duration) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(again):
		}
		again, _ = i.ask(ctx) // at the end it is asked whether all is known
	}
}
