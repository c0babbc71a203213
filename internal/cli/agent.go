package cli

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/agent"
	"github.com/dbxaccess/dbxaccess/internal/ancestors"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Asker is who asks for what a command hands out or changes.
type Asker struct {
	Agent string `json:"agent,omitempty"` // its name, "" for a person
	By    string `json:"by,omitempty"`    // what tells of the agent, in words
	// Overruled is the agent that the surroundings tell of, where a person has confirmed at the terminal that it is them; else "".
	Overruled string `json:"overruled,omitempty"`
}

// asking is how a process knows who asks. It is shared by all its Envs.
type asking struct {
	above iter.Seq[ancestors.Program] // nil: none
	named string                      // by --agent; "" where it was not given
	found *Asker
}

// Asker is who asks: whom the variables name, else the programs above this one, else --agent. It is found out once.
func (e *Env) Asker() Asker {
	if e.asking.found == nil {
		asker := e.surroundings()
		e.asking.found = &asker
	}
	return *e.asking.found
}

// surroundings are who asks by variables and programs.
func (e *Env) surroundings() Asker {
	if name, variable := agent.Told(e.Getenv); name != "" {
		return Asker{Agent: name, By: "the variable " + variable}
	}
	if e.asking.above == nil {
		return Asker{}
	}
	for p := range e.asking.above {
		if name := agent.OfLine(p.Name, p.Words); name != "" {
			return Asker{Agent: name, By: "the program " + ui.Clean(p.Name) + " that started this one"}
		}
	}
	return Asker{}
}

// AsAgent has the rest of the process work for an agent, or with an empty name for a person, whatever its surroundings tell: who started
// it has found out.
func (e *Env) AsAgent(a Asker) { e.asking.found = &a }

// NamesAgent reports whether --agent was given.
func (e *Env) NamesAgent() bool { return e.asking.named != "" }

// AgentFlag adds --agent. That no agent asks, or another than the surroundings tell of, is believed who confirms it at the terminal: the
// access map may leave another more.
func AgentFlag(env *Env, cmd *cobra.Command) {
	cmd.Flags().Var(agentName{&env.asking.named}, "agent",
		"coding agent by this `name` that asks, and gets what the access map leaves agents ("+agent.Variable+"); "+agent.Nobody+": you ask, which you confirm at the terminal")
	cmd.PreRunE = func(cmd *cobra.Command, _ []string) error {
		named := env.asking.named
		if named == "" {
			env.tellOfAgent()
			return nil
		}
		if found := env.Asker().Agent; named != agent.Nobody && (found == "" || strings.EqualFold(found, named)) {
			env.AsAgent(Asker{Agent: named, By: "--agent"})
			return nil
		}
		err := env.confirmPerson(cmd.Context(), func(a Asker) error {
			return ui.Errorf("agent-unconfirmed", ui.Refused, "--agent %s: %s tells of the coding agent %s, and nobody confirmed at the terminal that it is a person who asks",
				named, a.By, a.Agent).
				With(ui.Advice("leave --agent out; or run it in a terminal of your own, where you are asked; helpers of SDKs never ask: there, take dbxaccess exec --agent " + named))
		})
		if asker := env.Asker(); err == nil && named != agent.Nobody {
			asker.Agent, asker.By = named, "--agent"
			env.AsAgent(asker)
		}
		return err
	}
}

// tellOfAgent tells a person who may be there that they are taken for an agent, as in a terminal that one has opened: what is refused to them
// by AWS later does not say so.
func (e *Env) tellOfAgent() {
	_, terminal := e.Streams.Err.(*ui.Screen)
	if _, helper := e.Console.(ui.Quiet); helper || !terminal {
		return
	}
	if a := e.Asker(); a.Agent != "" {
		e.Console.Info("dbxaccess: %s tells of the coding agent %s, which gets what the access map leaves agents; what is yours: --agent %s", a.By, a.Agent, agent.Nobody)
	}
}

type agentName struct{ value *string }

func (a agentName) String() string {
	if a.value == nil {
		return ""
	}
	return *a.value
}
func (a agentName) Type() string { return "name" }
func (a agentName) Set(name string) error {
	if strings.EqualFold(name, agent.Nobody) {
		name = agent.Nobody
	} else if !agent.IsName(name) {
		return fmt.Errorf("%q is not the name of an agent: 1 to 64 letters, digits, dots, underscores and hyphens", ui.Cut(name, 64))
	}
	*a.value = name
	return nil
}

// ForPeople refuses a command to agents, unless a person confirms at the terminal: it changes what is the person's.
func ForPeople(env *Env, cmd *cobra.Command) *cobra.Command {
	cmd.PreRunE = func(cmd *cobra.Command, _ []string) error {
		return env.onlyPerson(cmd.Context(), cmd.CommandPath(), env.typed(cmd))
	}
	return cmd
}

// maxTyped bounds a command line that is shown again, in bytes.
const maxTyped = 400

// typed is the command line as it was typed, for the person to type it; without its words where they would fill the screen.
func (e *Env) typed(cmd *cobra.Command) string {
	line := cmd.Root().Name()
	for _, word := range e.Args {
		if line += " " + ui.Word(ui.Clean(word)); len(line) > maxTyped {
			return cmd.CommandPath()
		}
	}
	return line
}

// OnlyPerson is an error where an agent asks for what changes things of the person's, unless a person confirms at the terminal.
func (e *Env) OnlyPerson(ctx context.Context, line string) error {
	return e.onlyPerson(ctx, line, line)
}

func (e *Env) onlyPerson(ctx context.Context, what, line string) error {
	return e.confirmPerson(ctx, func(a Asker) error {
		return ui.Errorf("agent-person-only", ui.Refused, "%s is for people, and %s tells of the coding agent %s", what, a.By, a.Agent).
			With(ui.Advice("if you are that agent: ask the person whom you work for to run it, in a terminal of their own:"), ui.Command(line))
	})
}

// confirmPerson has a person who is at the terminal confirm that it is them, where an agent is told of; refused says why not.
func (e *Env) confirmPerson(ctx context.Context, refused func(Asker) error) error {
	a := e.Asker()
	if a.Agent == "" {
		return nil
	}
	if _, helper := e.Console.(ui.Quiet); helper || !ui.Attended(ctx, "dbxaccess: "+a.By+" tells of the coding agent "+a.Agent+". Is it you, a person, who asks?", "person") {
		return refused(a)
	}
	e.AsAgent(Asker{Overruled: a.Agent})
	return nil
}
