package serve

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"net"
	"net/http"
	"slices"
	"strconv"

	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Endpoints are where a grant is served. Whoever has an address and its token has the credentials.
type Endpoints struct {
	// AWS is for AWS_CONTAINER_CREDENTIALS_FULL_URI, AWSToken for AWS_CONTAINER_AUTHORIZATION_TOKEN; zero without AWS.
	AWS, AWSToken secret.String
	// Databricks are for DATABRICKS_METADATA_SERVICE_URL, one for each workspace of the grant.
	Databricks []secret.String
}

// Loopback serves grants on a free port of 127.0.0.1, each at a path of its own that nobody can guess. refused is told each
// kind of refusal once (by its ID), since most clients lose the text of an answer; it may be nil.
func Loopback(grants []Grant, refused func(error)) (*Server, error) {
	listener, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, ui.Errorf("serve-listen", ui.Failed, "listening on 127.0.0.1: %w", err).
			With(ui.Advice("use --static, which needs no server"))
	}
	port := ":" + strconv.Itoa(listener.Addr().(*net.TCPAddr).Port) //nolint:forcetypeassert // of a TCP listener
	g := &guard{hosts: []string{"127.0.0.1" + port, "localhost" + port}, tell: once(refused)}
	all := make([]Endpoints, len(grants))
	address := func(answer answerer) secret.String {
		path := "/" + rand.Text()
		g.routes = append(g.routes, route{path, answer})
		return secret.New("http://" + g.hosts[0] + path)
	}
	for i, grant := range grants {
		if grant.AWS != nil {
			token := secret.New(rand.Text())
			all[i].AWS, all[i].AWSToken = address(containerCredentials{grant.AWS, token}), token
		}
		for _, w := range grant.Workspaces {
			all[i].Databricks = append(all[i].Databricks, address(metadataService{w.Token, w.address()}))
		}
	}
	s := start(listener, g, func() {})
	s.endpoints = all
	return s, nil
}

// Endpoints are those of the server's grants, in their order.
func (s *Server) Endpoints() []Endpoints { return slices.Clone(s.endpoints) }

// answerer is what is served at an address. Refusals by check are told on our side too; what answer fails with is told by what
// renews the credential.
type answerer interface {
	check(r *http.Request) error
	answer(ctx context.Context) ([]byte, error)
}

type route struct {
	path string
	answerer
}

// guard stands before all that is served on loopback, where web pages, other users and other programs can knock.
type guard struct {
	hosts  []string
	routes []route
	tell   func(error)
}

func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	at, err := g.admit(r)
	if err != nil {
		if !errors.Is(err, errGone) {
			g.tell(err)
		}
		refuse(w, err)
		return
	}
	body, err := at.answer(r.Context())
	if err != nil {
		refuse(w, err)
		return
	}
	reply(w, http.StatusOK, body)
}

func (g *guard) admit(r *http.Request) (answerer, error) {
	if err := plain(r); err != nil {
		return nil, err
	}
	if !slices.Contains(g.hosts, r.Host) {
		return nil, ui.Errorf("served-wrong-name", ui.Refused, "a program asked for credentials by another name than this machine's").
			With(ui.Advice("ask at the very address that dbxaccess has set"))
	}
	at := g.route(r.RequestURI)
	if at == nil {
		return nil, ui.Errorf("served-wrong-address", ui.Refused, "a program asked for credentials at an address where there are none").
			With(ui.Advice("it may be one of an earlier run: an address ends with the program that dbxaccess exec has started"))
	}
	if err := at.check(r); err != nil {
		return nil, err
	}
	return at, peerOf(r.Context())()
}

// route compares with all paths, in the same time wherever they differ.
func (g *guard) route(path string) (found answerer) {
	for _, route := range g.routes {
		if same(path, route.path) {
			found = route.answerer
		}
	}
	return found
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
