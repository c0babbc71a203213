package account

import (
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/lease"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// statusAgents are the coding agents that hold something, and those that a person has revoked.
type statusAgents struct {
	Holding    []string `json:"holding"` // leases, or are served
	Revoked    []string `json:"revoked"`
	AllRevoked bool     `json:"all_revoked"`
}

// agentsStatus is nil where there is nothing to tell. What can't be read is left to `agent list`.
func agentsStatus(env *cli.Env) *statusAgents {
	ledger, err := env.Leases()
	if err != nil {
		return nil
	}
	ledger.Warn = func(ui.Warning) {}
	leases, servers := ledger.Held()
	s := statusAgents{Holding: lease.Names(leases, servers, nil)}
	if revoked, err := ledger.Revoked(); err == nil {
		_, s.AllRevoked = revoked[lease.All]
		s.Revoked = lease.Names(nil, nil, revoked)
	}
	if len(s.Holding) == 0 && len(s.Revoked) == 0 && !s.AllRevoked {
		return nil
	}
	return &s
}

// line tells it in one; "" for nothing.
func (s *statusAgents) line() string {
	if s == nil {
		return ""
	}
	var parts []string
	switch n := len(s.Holding); n {
	case 0:
	case 1:
		parts = append(parts, s.Holding[0]+" holds leases")
	default:
		parts = append(parts, ui.Count(n, "", "agents hold leases"))
	}
	switch n := len(s.Revoked); {
	case s.AllRevoked:
		parts = append(parts, "all are revoked")
	case n == 1:
		parts = append(parts, s.Revoked[0]+" is revoked")
	case n > 1:
		parts = append(parts, ui.Count(n, "", "are revoked"))
	}
	return strings.Join(parts, ", ") + ": dbxaccess agent list"
}
