package agentcmd

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/lease"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// report is what -o json prints.
type report struct {
	AllRevokedSince *time.Time `json:"all_revoked_since,omitempty"`
	Agents          []oneAgent `json:"agents"`
}

type oneAgent struct {
	Agent        string     `json:"agent"`
	RevokedSince *time.Time `json:"revoked_since,omitempty"` // by itself or with all
	Leases       []oneLease `json:"leases"`
	Programs     []program  `json:"programs"` // that are being served, whichever of them renewed what they are served with
}

type oneLease struct {
	Kind string `json:"kind"` // AWS, Databricks, or what else is issued

	Identity string    `json:"identity"`
	Role     string    `json:"role"`
	Door     string    `json:"door"` // the command that asked last
	PID      int       `json:"pid,omitempty"`
	Program  string    `json:"program,omitempty"`
	Running  bool      `json:"running"` // the program, as far as is known
	Since    time.Time `json:"since"`
	Renewed  time.Time `json:"renewed"`
	Until    time.Time `json:"until"`
	Issued   int       `json:"issued"`
}

type program struct {
	PID     int       `json:"pid"`
	Program string    `json:"program,omitempty"`
	Roles   []string  `json:"roles"`
	Since   time.Time `json:"since"`
}

func newList(env *cli.Env) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List what agents hold, until when, and which are revoked",
		Long: `Lists the leases of coding agents on this machine: which agent holds which role's credentials, of AWS or Databricks, for which program, and
until when they live unless they are renewed; the programs that are being served; and the agents that are revoked. With -o json also
since when, when they were renewed last and by which command. It asks no server and changes nothing.`,
		Example: "  dbxaccess agent list\n  dbxaccess agent list -o json | jq '.agents[].leases[].role'",
		Args:    cli.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			ledger, err := env.Leases()
			if err != nil {
				return err
			}
			r, err := reportOf(ledger)
			if err != nil {
				return err
			}
			if output == "json" {
				return ui.PrintJSON(env.Streams.Out, r)
			}
			return r.print(env)
		},
	}
	cli.OutputFlag(cmd, &output)
	return cmd
}

func reportOf(ledger lease.Ledger) (*report, error) {
	revoked, err := ledger.Revoked()
	if err != nil {
		return nil, err
	}
	leases, servers := ledger.Held()
	r := &report{Agents: []oneAgent{}}
	if since, ok := revoked[lease.All]; ok {
		r.AllRevokedSince = &since
	}
	for _, name := range lease.Names(leases, servers, revoked) {
		one := oneAgent{Agent: name, RevokedSince: r.AllRevokedSince, Leases: []oneLease{}, Programs: []program{}}
		if since, ok := revoked[name]; ok {
			one.RevokedSince = &since
		}
		for _, l := range leases {
			if l.Agent == name {
				one.Leases = append(one.Leases, oneLease{
					kindOf(l.Item), l.Identity, l.Role, l.Door, l.PID, ui.Clean(l.Program), !l.Ended, l.Since, l.Renewed, l.Until, l.Count,
				})
			}
		}
		for _, s := range servers {
			if s.Agent == name {
				one.Programs = append(one.Programs, program{s.PID, ui.Clean(s.Program), s.Roles, s.Since})
			}
		}
		r.Agents = append(r.Agents, one)
	}
	return r, nil
}

func (r *report) print(env *cli.Env) error {
	now := env.Now()
	if r.AllRevokedSince != nil {
		env.Console.Info("All agents are revoked since %s: dbxaccess agent allow --all", moment(*r.AllRevokedSince, now))
	}
	if len(r.Agents) == 0 {
		if r.AllRevokedSince == nil {
			env.Console.Info("No agent holds credentials, and none is revoked. An agent gets what the access map leaves it: dbxaccess map show --agent NAME")
		}
		return nil
	}
	t := ui.Table{Header: []string{"AGENT", "ROLE", "OF", "WHO", "UNTIL", "STATE"}, Flexible: "WHO"}
	for _, a := range r.Agents {
		t.Rows = append(t.Rows, a.rows(now)...)
	}
	return t.Print(env.Streams.Out)
}

// rows are the leases of an agent, the programs that are served with what another one renewed, and at least one row.
func (a *oneAgent) rows(now time.Time) (rows [][]ui.Cell) {
	row := func(role, of, who, until string, state ui.Cell) {
		if a.RevokedSince != nil {
			state = ui.Cell{Text: "revoked " + moment(*a.RevokedSince, now), Style: ui.Bad}
		}
		rows = append(rows, append(ui.Cells(a.Agent, role, of, who, until), state))
	}
	for _, l := range a.Leases {
		state := ui.Cell{Text: "held", Style: ui.Good}
		if !l.Running {
			state = ui.Cell{Text: "not renewed"}
		}
		row(l.Role, l.Kind, who(l.Program, l.PID, l.Running), moment(l.Until, now), state)
	}
	for _, p := range a.Programs {
		if !slices.ContainsFunc(a.Leases, func(l oneLease) bool { return l.PID == p.PID }) {
			row(strings.Join(p.Roles, ", "), "-", who(p.Program, p.PID, true), "-", ui.Cell{Text: "served", Style: ui.Good})
		}
	}
	if len(rows) == 0 {
		row("-", "-", "-", "-", ui.Cell{})
	}
	return rows
}

// kindOf is what a credential is of, by the key of its item.
func kindOf(item string) string {
	switch kind, _, _ := strings.Cut(item, "/"); kind {
	case "role":
		return "AWS"
	case "workspace":
		return "Databricks"
	default:
		return ui.OrDash(ui.Clean(kind))
	}
}

// who is a program as people tell it from others.
func who(program string, pid int, running bool) string {
	text := ui.OrDash(program)
	switch {
	case pid == 0:
		return text
	case !running:
		return fmt.Sprintf("%s (%d, ended)", text, pid)
	}
	return fmt.Sprintf("%s (%d)", text, pid)
}

func moment(at, now time.Time) string { return ui.Moment(at, now, time.TimeOnly) }
