package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/source"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// mapWait bounds how long a command that is done waits for the map to be compared; programWait, where programs do that.
const mapWait, programWait = 2 * time.Second, 8 * time.Second

// renewsMap has a command compare a copy of the map that is older than the map wants, beside its own work. One that has
// expired is compared first. done waits for that and says what the person should know: of a failure nothing, as `status`
// has it.
func renewsMap(cmd *cobra.Command, env *Env) (done func()) {
	wait := func() {}
	cmd.PersistentPreRun = func(cmd *cobra.Command, _ []string) {
		path, named, err := env.MapFile()
		if err != nil || named { // a named file is read as it is, each time
			return
		}
		dir := filepath.Dir(path)
		origin, err := source.LoadOrigin(dir)
		if err != nil {
			return
		}
		age := source.AgeOf(dir, origin)
		if !age.Stale(env.Now()) {
			return
		}
		limit := programWait
		if origin.Quick() {
			limit = mapWait
		}
		ctx, cancel := context.WithTimeout(cmd.Context(), limit)
		found := make(chan *source.Offer, 1)
		go func() {
			found <- source.Renew(ctx, env.mapTools(env.quietHTTP(accessmap.MaxSize), limit), dir, env.Now())
		}()
		wait = func() {
			defer env.Console.Progress("comparing the access map with " + origin.Display())()
			env.tellRenewed(<-found)
			cancel()
		}
		if age.Expired(env.Now()) != nil {
			wait()
			wait = func() {}
		}
	}
	return func() { wait() }
}

// tellRenewed says what came of comparing the map.
func (e *Env) tellRenewed(offer *source.Offer) {
	switch {
	case offer == nil || offer.Same || offer.Older:
	case offer.Asks():
		e.Console.Warn(ui.Warning{
			ID: "map-waiting", What: "the access map has changed and gives more than you agreed to; until you do, the one you have is used",
			Fix: ui.Command("dbxaccess init"),
		})
	default:
		TellChanges(e, offer)
	}
}

// TellChanges says in one line what a map changes that nobody has to agree to.
func TellChanges(env *Env, offer *source.Offer) {
	if changes := OtherChanges(offer); changes != "" {
		env.Console.Info("The access map has changed since it was last fetched: %s.", changes)
	}
}

// OtherChanges are those that nobody has to agree to, in one line; "" for none.
func OtherChanges(offer *source.Offer) string {
	const most, longest = 3, 300
	var texts []string
	for _, c := range offer.Changes {
		if !c.Asks() {
			texts = append(texts, ui.Cut(c.Text, longest))
		}
	}
	if n := len(texts) - most; n > 0 {
		texts = append(texts[:most], fmt.Sprintf("and %d more", n))
	}
	return strings.Join(texts, "; ")
}
