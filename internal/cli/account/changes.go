package account

import (
	"fmt"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/place"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/source"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const (
	mostLines    = 6   // of one topic; the rest is counted
	mostPrograms = 4   // they stand beside the question, and nothing they hold may push it off the screen
	longestLine  = 300 // characters
)

// showOffer shows what a person is about to agree to: of a first map whom it makes one trust, of another version what
// it gives more. Programs that would run here come last, beside the question.
func showOffer(env *cli.Env, offer *source.Offer) (question string) {
	title := "The access map from %s changes what dbxaccess trusts and gives:"
	if offer.First {
		title = "The access map from %s makes dbxaccess trust:"
	}
	fold := func(text string) string { return ui.Hang(env.Streams.Err, text, 4) }
	env.Console.Info("%s", ui.Hang(env.Streams.Err, fmt.Sprintf(title, offer.Origin.Display()), 0))
	shown, programs := byTopic(offer)
	for _, list := range shown {
		showSome(env, list, mostLines)
	}
	if !offer.First {
		if rest := cli.OtherChanges(offer); rest != "" {
			env.Console.Info("  %s", fold("Besides: "+rest))
		}
	}
	env.Console.Info("  SHA-256 %s", offer.Origin.SHA256)
	if offer.First && place.IsCommand(offer.Origin.From) {
		env.Console.Info("  %s", fold("The command runs here again whenever the map is compared."))
	}
	if signer := offer.Origin.Signer(); signer != "" {
		env.Console.Info("  %s", fold("Signed by "+signer))
	}
	showSome(env, programs, mostPrograms)
	if len(programs) > 0 {
		return fmt.Sprintf("Trust this map, and let %s run here?", ui.Count(len(programs), "program", "programs"))
	}
	return "Trust this map?"
}

// byTopic is what has to be agreed to, a list for each topic; programs for themselves. Of a first map that is whom it
// makes one trust: what the roles give is the organisation's to say.
func byTopic(offer *source.Offer) (lists [][]string, programs []string) {
	last := accessmap.Topic("")
	for _, c := range offer.Changes {
		switch {
		case !c.Asks():
		case c.Topic == accessmap.AboutProgram:
			programs = append(programs, c.Text)
		case offer.First && !c.Topic.Trusts():
		case c.Topic == last:
			lists[len(lists)-1] = append(lists[len(lists)-1], c.Text)
		default:
			lists, last = append(lists, []string{c.Text}), c.Topic
		}
	}
	return lists, programs
}

func showSome(env *cli.Env, lines []string, most int) {
	for _, line := range lines[:min(len(lines), most)] {
		if n := len([]rune(line)) - longestLine; n > 0 {
			line = fmt.Sprintf("%s (%d more characters)", ui.Cut(line, longestLine), n)
		}
		env.Console.Info("  %s", ui.Hang(env.Streams.Err, ui.Clean(line), 4))
	}
	if n := len(lines) - most; n > 0 {
		env.Console.Info("  … and %d more of this kind", n)
	}
}
