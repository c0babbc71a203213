package render

import (
	"strconv"
)

// Versions from which the providers have all that is used here.
const (
	awsProviderVersion        = ">= 5.81" // thumbprints may be left out
	databricksProviderVersion = ">= 1.98" // federation policies
)

// top says what the module is, which providers it needs, and that it refuses the wrong accounts.
func (t *terraform) top() {
	accounts := Accounts(t.State)
	aliases, meant := databricksAliases(t.State)
	var c comment
	c.say("What has to stand at AWS and Databricks for the access map to hold. Rendered by `dbxaccess map render`: change the map, and render again.", "")
	c = append(c, "")
	where := "take the signs of comment away from its import block"
	if t.within != "" {
		where = "copy its import block, without the signs of comment, to where the module is used"
	}
	c.say("What stands already has to be imported, or the apply fails at it: "+where+". "+
		"The plan then shows what would change, audiences and trust of others that would go included. Policies that a role has besides are left alone, and so are permissions boundaries, "+
		"descriptions and tags; default_tags of a provider count for what is created.", "")
	if t.within != "" {
		c = append(c, "")
		c.say("It is a module, and has to be given a provider for each place that it changes:", "")
		c.command(`module "dbxaccess" {`)
		c.command(`  source = "./dbxaccess"`)
		c.command(`  providers = {`)
		for _, account := range accounts {
			if t.several {
				alias := string(awsAlias(account))
				c.command("    " + alias + " = " + alias + " # the AWS account " + account)
			}
		}
		for i, alias := range aliases {
			c.command("    " + string(alias) + " = " + string(alias) + " # " + meant[i])
		}
		c.command(`  }`)
		c.command(`}`)
	}
	c.otherGaps(t.State)
	t.comment(c)
	t.WriteByte('\n')

	var providers []any
	if len(accounts) > 0 {
		aws := object{{"source", "hashicorp/aws"}, {"version", awsProviderVersion}}
		if t.several {
			var given list
			for _, account := range accounts {
				given = append(given, awsAlias(account))
			}
			aws = append(aws, member{"configuration_aliases", given})
		}
		providers = append(providers, member{"aws", aws})
	}
	if len(aliases) > 0 {
		var given list
		for _, alias := range aliases {
			given = append(given, alias)
		}
		providers = append(providers, member{"databricks", object{
			{"source", "databricks/databricks"}, {"version", databricksProviderVersion}, {"configuration_aliases", given},
		}})
	}
	t.block("terraform", member{"required_version", ">= 1.5"}, nested{"required_providers", providers})
	for _, account := range accounts {
		t.account(account)
	}
}

// account refuses a provider that is signed in to another account: the plan fails.
func (t *terraform) account(id string) {
	t.block(`data "aws_caller_identity" "account_`+id+`"`, t.under(id,
		nested{"lifecycle", []any{nested{"postcondition", []any{
			member{"condition", reference("self.account_id == " + strconv.Quote(id))},
			member{"error_message", "This has to be applied in the AWS account " + id + "."},
		}}}})...)
}
