package serve

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/credential"
	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/sts"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// SocketVariable names the socket to be asked in place of keyring, map and network.
const SocketVariable = "DBXACCESS_SOCKET"

// Client asks the Unix socket that a dbxaccess serves elsewhere (Socket). It needs neither keyring, map nor network.
type Client struct {
	path string
	http *http.Client
	now  func() time.Time
}

// Dial names the socket. Nothing is sent before the first question, which is bounded to what the server takes at most.
func Dial(path string, now func() time.Time) *Client {
	if whole, err := filepath.Abs(path); err == nil { // a name that begins with @ is none in the file system
		path = whole
	}
	return &Client{path, httpclient.NewSocket(path, writeWait, checkServer), now}
}

// checkServer refuses what another user serves: their credentials would have this user write into their buckets. Root may do
// all that this user may.
func checkServer(conn net.Conn) error {
	socket, ok := conn.(*net.UnixConn)
	if !ok {
		return errors.ErrUnsupported
	}
	return checkUser(socket, os.Getuid(), 0)
}

// Offers are the grants of the socket, that of the role which was given to exec first.
func (c *Client) Offers(ctx context.Context) ([]Offer, error) {
	var answer grantsAnswer
	if err := c.ask(ctx, grantsPath, question{}, &answer); err != nil {
		return nil, err
	}
	for _, offer := range answer.Grants {
		for _, place := range offer.Workspaces {
			if host, err := databricks.NormalizeHost(place.Host); err != nil || host != place.Host {
				return nil, c.wrong("a workspace without a proper address")
			}
		}
	}
	return answer.Grants, nil
}

// Credentials fetches AWS credentials of a role, by its name or profile; "" is the first with any. identity may be "". How much
// shall be left of them is for the server to say: it renews ahead of time.
func (c *Client) Credentials(role, identity string) Fetch[*credential.AWS] {
	return func(ctx context.Context, _ time.Duration) (*credential.AWS, time.Time, error) {
		a, err := askForLiving(ctx, c, credentialsPath, question{role: role, identity: identity}, func(a credentialsAnswer) time.Time { return a.Expires })
		if err != nil {
			return nil, time.Time{}, err
		}
		got, err := sts.Checked("the socket "+ui.Clean(c.path), "", credential.AWS{
			AccessKeyID: a.AccessKeyID, SecretAccessKey: secret.New(a.SecretAccessKey), SessionToken: secret.New(a.SessionToken),
			Expires: a.Expires, AccountID: a.AccountID,
		}, c.now())
		if err != nil {
			return nil, time.Time{}, err
		}
		got.Again.Must = a.Recorded
		return got, got.Expires, nil
	}
}

// Token fetches a token for one of the socket's workspaces: the first that agrees with what of the place is known, which may be
// no more than the profile's name or the host.
func (c *Client) Token(role string, p Place) Fetch[*credential.Token] {
	q := question{role: role, profile: p.Profile, host: p.Host, accountID: p.AccountID, workspaceID: p.WorkspaceID}
	return func(ctx context.Context, _ time.Duration) (*credential.Token, time.Time, error) {
		a, err := askForLiving(ctx, c, tokenPath, q, func(a tokenAnswer) time.Time { return a.Expires })
		if err != nil {
			return nil, time.Time{}, err
		}
		got, err := databricks.Checked(credential.Token{
			Host: a.Host, AccountID: a.AccountID, WorkspaceID: a.WorkspaceID, AccessToken: secret.New(a.AccessToken), Expires: a.Expires,
		}, c.now())
		if err == nil && p.Host != "" {
			err = databricks.Address{Host: got.Host, WorkspaceID: got.WorkspaceID}.Serves(p.Host)
		}
		if err != nil {
			return nil, time.Time{}, err
		}
		got.Again.Must = a.Recorded
		return got, got.Expires, nil
	}
}

// askForLiving asks, and once more for what has ended by the time it is here: it may have been served in its last moment. By then the
// server has a newer one, or the reason why there is none. What ends in the past again is another clock's, which is for the caller.
func askForLiving[A any](ctx context.Context, c *Client, path string, q question, end func(A) time.Time) (answer A, err error) {
	if err = c.ask(ctx, path, q, &answer); err == nil && !end(answer).After(c.now()) {
		var again A
		err = c.ask(ctx, path, q, &again)
		return again, err
	}
	return answer, err
}

// ask puts a question and reads the answer.
func (c *Client) ask(ctx context.Context, path string, q question, answer any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost"+path+"?"+q.query(), http.NoBody)
	if err != nil {
		return err
	}
	a, err := httpclient.Do(c.http, httpclient.Asked{
		Doing: "asking the socket " + ui.Clean(c.path), Of: "dbxaccess exec", Named: "--socket or " + SocketVariable,
	}, r)
	switch {
	case err != nil:
		return c.unreachable(err)
	case a.OK() && json.Unmarshal(a.Body, answer) == nil:
		return nil
	case a.OK():
		return c.wrong("no JSON of its protocol")
	}
	if refused, ok := refusal(a.Body); ok {
		return refused
	}
	return a.NoAnswer()
}

// unreachable says of a socket what the words for a server on the network don't.
func (c *Client) unreachable(err error) error {
	absent := errors.Is(err, fs.ErrNotExist)
	switch {
	case ui.IDOf(err) == "served-other-user":
		return ui.Errorf("socket-other-user", ui.Refused, "the socket %s is served by another user, and is not asked", ui.Clean(c.path)).
			With(ui.Advice("name a socket of your own with --socket or " + SocketVariable))
	case absent, errors.Is(err, syscall.ECONNREFUSED):
		what := "nobody serves the socket %s"
		if absent {
			what = "there is no socket %s"
		}
		return ui.Errorf("socket-not-served", ui.Failed, what, ui.Clean(c.path)).
			With(ui.Advice("it is there as long as the program that dbxaccess exec --socket has started; in a container it has to be mounted"))
	case errors.Is(err, fs.ErrPermission):
		return ui.Errorf("socket-forbidden", ui.Failed, "the socket %s may not be opened by this user", ui.Clean(c.path)).
			With(ui.Advice("run as the user who serves it, in a container with --user and that user's number"))
	}
	return err
}

func (c *Client) wrong(what string) error {
	return ui.Errorf("socket-wrong-answer", ui.Failed, "what the socket %s answered is %s", ui.Clean(c.path), what).
		With(ui.Advice("use the same version of dbxaccess on both sides, or name another socket"))
}
