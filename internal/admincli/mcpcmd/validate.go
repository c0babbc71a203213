package mcpcmd

import (
	"context"
	"fmt"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/dbxaccess/dbxaccess/internal/statickeys"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const (
	// maxFindings bounds the findings that are told, and maxNamed what one call may name.
	maxFindings, maxNamed = 200, 100
)

// toValidate is what validate takes.
type toValidate struct {
	Paths    []string `json:"paths,omitempty" jsonschema:"files and directories to look through for keys that don't expire"`
	Map      string   `json:"map,omitempty" jsonschema:"an access map's file, to be checked for errors and for what is rarely meant"`
	Roles    []string `json:"roles,omitempty" jsonschema:"roles of the access map in use, to be held against IAM (drift)"`
	Datasets []string `json:"datasets,omitempty" jsonschema:"datasets of the access map in use, to be looked at as they stand at AWS (posture)"`
	As       string   `json:"as,omitempty" jsonschema:"with the credentials of which role, narrowed for you, AWS is read for roles and datasets; what this machine is given where none is named"`
}

// validated is its answer.
type validated struct {
	Clean       bool      `json:"clean" jsonschema:"whether nothing was found, and all was looked at"`
	Findings    []finding `json:"findings"`
	MoreNot     int       `json:"findings_not_told" jsonschema:"how many there are besides"`
	NotLookedAt []string  `json:"not_looked_at" jsonschema:"what could not be read or compared: nothing is known of it"`
}

// finding is one thing to act on.
type finding struct {
	Check    string `json:"check" jsonschema:"scan, map, drift or posture"`
	ID       string `json:"id"`
	Severity string `json:"severity"`
	About    string `json:"about" jsonschema:"the place: file:line:column, or what it is at AWS"`
	What     string `json:"what"`
	Fix      string `json:"fix,omitempty"`
}

func (s *server) addValidate(p *mcp.Server) {
	add(s, p, mcp.Tool{
		Name:        "validate",
		Annotations: &mcp.ToolAnnotations{Title: "Validate", ReadOnlyHint: true, IdempotentHint: true, DestructiveHint: new(false), OpenWorldHint: new(true)},
		Description: "Checks what you work on, and answers with findings and what mends each: keys that don't expire in files, errors of an access map, how IAM differs from the map, what stands around datasets at AWS. Name at least one of paths, map, roles and datasets. Changes nothing.",
	}, func(ctx context.Context, c *call, in toValidate) (validated, error) {
		answer := validated{Findings: []finding{}, NotLookedAt: []string{}}
		checks, err := in.checks()
		if err != nil {
			return answer, err
		}
		our, err := c.findPrograms()
		if err != nil {
			return answer, err
		}
		for i, check := range checks {
			c.progress(ctx, float64(i), check.name)
			if err := check.run(ctx, c, our, &answer); err != nil {
				return answer, err
			}
		}
		if more := len(answer.Findings) - maxFindings; more > 0 {
			answer.Findings, answer.MoreNot = answer.Findings[:maxFindings], more
		}
		answer.Clean = len(answer.Findings)+answer.MoreNot+len(answer.NotLookedAt) == 0
		return answer, nil
	})
}

// check is one command of ours.
type check struct {
	name string
	run  func(ctx context.Context, c *call, our programs, answer *validated) error
}

func (in *toValidate) checks() (all []check, err error) {
	if len(in.Paths)+len(in.Roles)+len(in.Datasets) > maxNamed {
		return nil, ui.Errorf("validate-too-much", ui.Usage, "more than %d paths, roles and datasets", maxNamed).With(ui.Advice("name a directory, or call it several times"))
	}
	if len(in.Paths) > 0 {
		all = append(all, check{"scan", in.scan})
	}
	if in.Map != "" {
		all = append(all, check{"map", in.checkMap})
	}
	if len(in.Roles) > 0 {
		all = append(all, check{"drift", in.drift})
	}
	if len(in.Datasets) > 0 {
		all = append(all, check{"posture", in.posture})
	}
	if len(all) == 0 {
		return nil, ui.Errorf("validate-nothing", ui.Usage, "nothing is named that could be checked").With(ui.Advice("name paths, a map, roles or datasets"))
	}
	return all, nil
}

func (in *toValidate) scan(ctx context.Context, c *call, our programs, answer *validated) error {
	var told struct {
		Findings    []statickeys.Finding `json:"findings"`
		NotLookedAt []statickeys.Unread  `json:"not_looked_at"`
		Uncounted   int                  `json:"uncounted"`
	}
	if err := c.ours(ctx, our.dbxaccess, nil, &told, append([]string{"scan", "-o", "json", "--"}, in.Paths...)...); err != nil {
		return err
	}
	rules := make(map[string]statickeys.Rule)
	for _, rule := range statickeys.Rules() {
		rules[rule.ID] = rule
	}
	for _, f := range told.Findings {
		severity := "high"
		if f.Lesser {
			severity = "low"
		}
		rule := rules[f.Rule]
		answer.add("scan", f.Rule, severity, placeOf(f.Place), rule.Title+": "+rule.Why, rule.Remedy)
	}
	answer.MoreNot += told.Uncounted
	for _, one := range told.NotLookedAt {
		answer.NotLookedAt = append(answer.NotLookedAt, ui.Clean(placeOf(one.Place)+": "+string(one.Why)))
	}
	return nil
}

func placeOf(p statickeys.Place) string {
	place := p.File
	if p.Entry != "" {
		place += "!" + p.Entry
	}
	if p.Cell > 0 {
		place += fmt.Sprintf(", cell %d", p.Cell)
	}
	if p.Line > 0 {
		place += fmt.Sprintf(":%d:%d", p.Line, p.Column)
	}
	return place
}

func (in *toValidate) checkMap(ctx context.Context, c *call, our programs, answer *validated) error {
	var told struct {
		Problems []struct {
			Severity     string `json:"severity"`
			ID           string `json:"id"`
			Line         int    `json:"line"`
			Column       int    `json:"column"`
			Message      string `json:"message"`
			Acknowledged string `json:"acknowledged"`
			Fix          string `json:"fix"`
		} `json:"problems"`
	}
	if err := c.ours(ctx, our.dbxaccess, nil, &told, "map", "check", "-o", "json", "--", in.Map); err != nil {
		return err
	}
	for _, p := range told.Problems {
		if p.Acknowledged == "" && p.Severity != "note" {
			answer.add("map", p.ID, p.Severity, fmt.Sprintf("%s:%d:%d", in.Map, p.Line, p.Column), p.Message, p.Fix)
		}
	}
	return nil
}

// atAWS is what drift and posture answer, as far as both have it.
type atAWS struct {
	Findings []struct {
		ID       string   `json:"id"`
		Severity string   `json:"severity"`
		ARN      string   `json:"arn"`
		Resource string   `json:"resource"`
		Roles    []string `json:"roles"`
		Datasets []string `json:"datasets"`
		What     string   `json:"what"`
		Why      string   `json:"why"`
		Fix      string   `json:"fix"`
	} `json:"findings"`
	NotLookedAt []string `json:"not_looked_at"`
}

func (in *toValidate) drift(ctx context.Context, c *call, our programs, answer *validated) error {
	return in.readAWS(ctx, c, our, answer, "drift", in.Roles)
}

func (in *toValidate) posture(ctx context.Context, c *call, our programs, answer *validated) error {
	return in.readAWS(ctx, c, our, answer, "posture", in.Datasets)
}

func (in *toValidate) readAWS(ctx context.Context, c *call, our programs, answer *validated, command string, about []string) error {
	args := []string{command, "-o", "json"}
	if in.As != "" {
		args = append(args, "--as", in.As)
	}
	var told atAWS
	if err := c.ours(ctx, our.dbxaccess, nil, &told, append(append(args, "--"), about...)...); err != nil {
		return err
	}
	for _, f := range told.Findings {
		place := strings.Join(append(append([]string{f.ARN + f.Resource}, f.Roles...), f.Datasets...), ", ")
		answer.add(command, f.ID, f.Severity, place, strings.TrimSpace(f.What+" "+f.Why), f.Fix)
	}
	for _, one := range told.NotLookedAt {
		answer.NotLookedAt = append(answer.NotLookedAt, ui.Clean(one))
	}
	return nil
}

func (v *validated) add(check, id, severity, about, what, fix string) {
	v.Findings = append(v.Findings, finding{check, ui.Clean(id), ui.Clean(severity), ui.Clean(about), ui.Clean(what), ui.CleanLines(fix)})
}
