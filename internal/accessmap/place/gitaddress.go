package place

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"strconv"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// git is a file of a repository: git+ssh://git@host/acme/platform.git//access-map.yaml?ref=main. Two slashes part the
// repository from the file, as Terraform has it; ref is a branch, a tag or a commit, and without one it is the branch that
// the repository's owner has made the default.
type git struct {
	remote string // as git is told: ssh://git@host/acme/platform.git
	file   string // in the repository, with slashes
	ref    string // "" for the default
}

func parseGit(from string) (Place, error) {
	g, err := gitOf(from)
	if err != nil {
		return nil, invalid(fmt.Errorf("%s: %w", bare(from), err)).
			With(ui.Advice("write it as git+ssh://git@HOST/OWNER/REPOSITORY.git//FILE?ref=BRANCH, or with git+https://HOST/…"))
	}
	return g, nil
}

// gitOf refuses all that git, ssh or a shell at the other end could read as more than an address: options, other
// transports, refspecs. What is refused has no use that would be missed.
func gitOf(from string) (git, error) {
	scheme, rest, _ := strings.Cut(from, "://")
	transport, isGit := strings.CutPrefix(strings.ToLower(scheme), "git+")
	rest, query, hasQuery := strings.Cut(rest, "?")
	rest, file, _ := strings.Cut(rest, "//")
	u, err := url.Parse(transport + "://" + rest)
	switch {
	case !isGit:
		return git{}, errors.New("git+ssh:// or git+https:// says how git reaches it")
	case transport != "ssh" && transport != "https" && transport != "http":
		return git{}, errors.New("git is asked over ssh or https alone")
	case err != nil || u.Host == "" || u.Opaque != "" || u.Fragment != "":
		return git{}, errors.New("it names no host")
	case !ui.IsPlain(rest, "~_.%+@/=,-:[]"):
		return git{}, errors.New("it holds characters that no address has")
	case u.Hostname() == "" || !httpclient.IsHostName(u.Hostname()) || !isPort(u.Port()):
		return git{}, errors.New("its host is none")
	case transport == "http" && !httpclient.IsLoopback(u.Hostname()):
		return git{}, errors.New("http is for this machine alone; use git+https://")
	case !isRepository(u):
		return git{}, errors.New("the path of the repository is none")
	case file == "":
		return git{}, errors.New("two slashes have to part the repository from the file in it")
	case !isFile(file):
		return git{}, errors.New("the file in the repository has to be a relative path in plain letters")
	}
	g := git{remote: transport + "://" + u.Host + u.EscapedPath(), file: file}
	if u.User != nil {
		if _, hasPassword := u.User.Password(); hasPassword || transport != "ssh" || !isName(u.User.Username(), "_.-") {
			return git{}, errors.New("an address holds no password or token: git has credential helpers, and ssh has keys")
		}
		g.remote = transport + "://" + u.User.Username() + "@" + u.Host + u.EscapedPath()
	}
	if !hasQuery {
		return g, nil
	}
	values, err := url.ParseQuery(query)
	if err != nil || len(values) != 1 || len(values["ref"]) != 1 {
		return git{}, errors.New("nothing but ref=BRANCH may stand behind the question mark")
	}
	if g.ref = values.Get("ref"); !isName(g.ref, "_./@+=,-") || strings.Contains(g.ref, "..") {
		return git{}, errors.New("its ref is no branch, tag or commit")
	}
	return g, nil
}

// isName reports whether a text is plain, and begins with a letter, a digit or _: nothing reads that as an option.
func isName(s, further string) bool {
	return len(s) <= 200 && ui.IsPlain(s, further) && ui.IsPlain(s[:1], "_")
}

func isPort(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return port == "" || err == nil && n > 0
}

func isRepository(u *url.URL) bool {
	text := u.EscapedPath()
	return len(text) > 1 && len(text) <= 1000 && text[0] == '/' && ui.IsPlain(u.Path, "~_.+@/=,- ") && !strings.Contains(u.Path, "/-") && !strings.Contains(u.Path, "..")
}

func isFile(name string) bool {
	return len(name) <= 500 && ui.IsPlain(name, "_./@+=,-") && path.Clean(name) == name &&
		name[0] != '/' && name[0] != '-' && !strings.Contains(name, "..")
}

func (g git) String() string {
	if g.ref == "" {
		return "git+" + g.remote + "//" + g.file
	}
	return "git+" + g.remote + "//" + g.file + "?ref=" + strings.ReplaceAll(g.ref, "+", "%2B")
}

func (g git) Shown() string { return ui.Clean(g.String()) }
func (g git) Named() string { return join([]string{g.Shown()}) }
func (g git) Quick() bool   { return false }

// scpLike reads what people and git itself call a repository over SSH: git@host:acme/platform.git.
func scpLike(text string) (host, repository string, ok bool) {
	host, repository, ok = strings.Cut(text, ":")
	return host, repository, ok && isName(host, "@_.-") && strings.HasSuffix(repository, ".git") && isName(repository, "_./~-")
}

// gitAddressOf is where git finds what servers show a browser that is signed in: /OWNER/REPOSITORY/blob/REF/FILE, as GitHub
// has it, and the same of GitLab and Gitea. "" where that can't be told from the address.
func gitAddressOf(u *url.URL) string {
	parts := strings.Split(strings.TrimPrefix(u.Path, "/"), "/")
	host, repository, rest := u.Host, 0, 0
	for i, part := range parts {
		switch {
		case i > 0 && parts[i-1] == "-" && (part == "blob" || part == "raw"): // groups may hold groups
			repository, rest = i-1, i+1
		case i == 2 && (part == "src" || part == "raw") && len(parts) > 3 && parts[3] == "branch":
			repository, rest = 2, 4
		case i == 2 && (part == "blob" || part == "raw"):
			repository, rest = 2, 3
		}
	}
	if host == "raw.githubusercontent.com" {
		if host, repository, rest = "github.com", 2, 2; len(parts) > 4 && parts[2] == "refs" {
			rest = 4
		}
	}
	if repository < 2 || len(parts) < rest+2 {
		return ""
	}
	g, err := gitOf("git+" + u.Scheme + "://" + host + "/" + strings.Join(parts[:repository], "/") + ".git//" +
		strings.Join(parts[rest+1:], "/") + "?ref=" + url.QueryEscape(parts[rest]))
	if err != nil {
		return ""
	}
	return g.Shown()
}
