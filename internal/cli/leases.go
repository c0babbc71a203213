package cli

import (
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/agent"
	"github.com/dbxaccess/dbxaccess/internal/beside"
	"github.com/dbxaccess/dbxaccess/internal/lease"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// maxProgram bounds the name of a program that is kept, in runes.
const maxProgram = 64

// Leases is the account of what coding agents hold on this machine.
func (e *Env) Leases() (lease.Ledger, error) {
	settings, err := e.Settings()
	if err != nil {
		return lease.Ledger{}, err
	}
	return lease.Ledger{Dir: settings.Dir, Now: e.Now, Began: beside.Began, Warn: e.Console.Warn}, nil
}

// HeldBy says which program the credentials are for that this process asks for.
func (e *Env) HeldBy(pid int, program string) { *e.holder = holderOf(pid, program) }

// Holder is the program that credentials are for: the one that HeldBy named, else the agent among the programs above this one, else the
// nearest of these.
func (e *Env) Holder() lease.Holder {
	if *e.holder != (lease.Holder{}) || e.asking.above == nil {
		return *e.holder
	}
	var holder lease.Holder
	for p := range e.asking.above {
		isAgent := agent.OfProgram(p.Name) != ""
		if isAgent || holder.PID == 0 {
			holder = holderOf(p.PID, p.Name)
		}
		if isAgent {
			break
		}
	}
	return holder
}

func holderOf(pid int, program string) lease.Holder {
	began, _ := beside.Began(pid) // where that is not told, the number is all there is to tell it by
	return lease.Holder{PID: pid, Began: began, Program: ui.Cut(ui.Clean(program), maxProgram)}
}

// door is the command that asks, as people type it.
func (e *Env) door() string {
	word := firstWord(e.Args)
	return strings.TrimSuffix(word, "-server") // which exec starts
}
