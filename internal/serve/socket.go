package serve

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Socket serves grants on a Unix socket at path, to programs of this user: those in a container, or at the far end of an SSH
// connection that forwards it. The socket is made with mode 0600, takes the place of nothing but a dead socket of this user, and
// goes with Close. refused is as for Loopback.
func Socket(path string, grants []Grant, refused func(error)) (*Server, error) {
	listener, cleanup, err := listenPrivately(path)
	if err != nil {
		return nil, err
	}
	return start(listener, &socketHandler{grants, once(refused)}, cleanup), nil
}

// The addresses of the socket's protocol, which is HTTP with JSON objects. A question is in the query (question), an answer a
// grantsAnswer, credentialsAnswer or tokenAnswer, a refusal a refusalAnswer. See heldPath for the one answer that is none.
const (
	grantsPath      = "/v1/grants"
	credentialsPath = "/v1/credentials"
	tokenPath       = "/v1/token"
)

// socketHandler answers what comes over the socket.
type socketHandler struct {
	grants []Grant
	tell   func(error)
}

func (h *socketHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	err := plain(r)
	if err == nil {
		err = peerOf(r.Context())()
	}
	if err != nil {
		h.tell(err)
		refuseOnSocket(w, err)
		return
	}
	if r.URL.Path == heldPath {
		hold(w, r)
		return
	}
	answer, err := h.answer(r.Context(), r.URL)
	if err != nil {
		refuseOnSocket(w, err)
		return
	}
	body, _ := json.Marshal(answer) // texts and times
	reply(w, http.StatusOK, body)
}

func (h *socketHandler) answer(ctx context.Context, u *url.URL) (any, error) {
	q := questionOf(u.Query())
	switch u.Path {
	case grantsPath:
		return grantsOf(h.grants), nil
	case credentialsPath:
		grant, err := h.grant(q)
		if err != nil {
			return nil, err
		}
		got, _, err := grant.AWS.Get(ctx)
		if err != nil {
			return nil, err
		}
		return credentialsAnswer{
			got.AccessKeyID, got.SecretAccessKey.Reveal(), got.SessionToken.Reveal(), got.AccountID, got.Expires, grant.Region, got.Again.Must,
		}, nil
	case tokenPath:
		workspace, err := h.workspace(q)
		if err != nil {
			return nil, err
		}
		got, _, err := workspace.Token.Get(ctx)
		if err != nil {
			return nil, err
		}
		return tokenAnswer{got.AccessToken.Reveal(), got.Host, got.AccountID, got.WorkspaceID, got.Expires, got.Again.Must}, nil
	}
	return nil, ui.Errorf("socket-question-unknown", ui.Failed, "the dbxaccess that serves the socket does not know the question %s", ui.Cut(u.Path, 50)).
		With(ui.Advice("use the same version of dbxaccess on both sides"))
}

// grant is the one that a question names by its role or profile, the first where it names none.
func (h *socketHandler) grant(q question) (Grant, error) {
	var names []string
	for _, g := range h.grants {
		if g.AWS == nil {
			continue
		}
		if (q.role == "" || q.role == g.Role || q.role == g.Profile) && (q.identity == "" || q.identity == g.Identity) {
			return g, nil
		}
		names = append(names, g.Role)
	}
	wanted := "AWS credentials"
	if q.role != "" {
		wanted += " of the role " + ui.Clean(q.role)
	}
	if q.identity != "" {
		wanted += " by the identity " + ui.Clean(q.identity)
	}
	return Grant{}, ui.Errorf("socket-serves-others", ui.NoSuchRole, "the socket does not serve %s", wanted).
		With(ui.Advice("it serves " + ui.Listed(names) + "; for more, start dbxaccess exec with --also"))
}

// workspace is the first one of the grants that agrees with all that a question says.
func (h *socketHandler) workspace(q question) (Workspace, error) {
	var names []string
	for _, g := range h.grants {
		for _, w := range g.Workspaces {
			if q.means(g, w) {
				return w, nil
			}
			names = append(names, w.Host+" (role "+g.Role+")")
		}
	}
	return Workspace{}, ui.Errorf("socket-serves-others", ui.NoSuchRole, "the socket does not serve a Databricks token for %s", q.place()).
		With(ui.Advice("it serves " + ui.Listed(names) + "; for more, start dbxaccess exec with --also"))
}

// question is what a client asks for; what is empty may be anything.
type question struct {
	role, identity               string
	profile                      string
	host, accountID, workspaceID string
}

// fields are the names of a question's parts in a query.
func (q *question) fields() map[string]*string {
	return map[string]*string{
		"role": &q.role, "identity": &q.identity, "profile": &q.profile,
		"host": &q.host, "account_id": &q.accountID, "workspace_id": &q.workspaceID,
	}
}

func questionOf(query url.Values) (q question) {
	for name, field := range q.fields() {
		*field = query.Get(name)
	}
	return q
}

func (q question) query() string {
	query := url.Values{}
	for name, field := range q.fields() {
		if *field != "" {
			query.Set(name, *field)
		}
	}
	return query.Encode()
}

// means reports whether a question is for a workspace of a grant: a token only goes where the client goes.
func (q question) means(g Grant, w Workspace) bool {
	return (q.role == "" || q.role == g.Role) &&
		(q.identity == "" || q.identity == g.Identity) &&
		(q.profile == "" || q.profile == w.Profile || q.profile == g.Role) &&
		(q.host == "" || w.address().Serves(q.host) == nil) &&
		agree(q.accountID, w.AccountID) && agree(q.workspaceID, w.WorkspaceID)
}

// agree reports whether two IDs are the same, where both are known.
func agree(a, b string) bool { return a == "" || b == "" || strings.EqualFold(a, b) }

// place names what was asked for, without what may be a password.
func (q question) place() string {
	address, err := databricks.ParseAddress(q.host)
	switch {
	case q.host != "" && err != nil:
		return "an address that is none"
	case q.host != "" && q.profile != "":
		return "the profile " + ui.Clean(q.profile) + " at " + address.Host
	case q.host != "":
		return address.Host
	case q.profile != "":
		return "the profile " + ui.Clean(q.profile)
	case q.role != "":
		return "the role " + ui.Clean(q.role)
	}
	return "any workspace"
}

func grantsOf(grants []Grant) (answer grantsAnswer) {
	for _, g := range grants {
		offer := Offer{Role: g.Role, Identity: g.Identity, Profile: g.Profile, Region: g.Region, Run: g.Run, AWS: g.AWS != nil, NoCopies: g.NoCopies}
		for _, w := range g.Workspaces {
			offer.Workspaces = append(offer.Workspaces, w.Place)
		}
		answer.Grants = append(answer.Grants, offer)
	}
	return answer
}
