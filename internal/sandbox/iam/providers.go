package iam

import "slices"

func listProviders(r request) ([]element, *fault) {
	var own []string
	for _, provider := range r.held.Providers {
		if accountOf(provider.Arn) == r.caller.Account {
			own = append(own, provider.Arn)
		}
	}
	return []element{list("OpenIDConnectProviderList", own, func(arn string) []element { return []element{text("Arn", arn)} })}, nil
}

func getProvider(r request) ([]element, *fault) {
	arn := r.text("OpenIDConnectProviderArn")
	i := slices.IndexFunc(r.held.Providers, func(p Provider) bool { return p.Arn == arn && accountOf(arn) == r.caller.Account })
	if i < 0 {
		return nil, &fault{"NoSuchEntity", "OpenIDConnect Provider not found for arn " + arn}
	}
	provider := r.held.Providers[i]
	fields := []element{
		text("Url", provider.URL), words("ClientIDList", provider.ClientIDList), words("ThumbprintList", provider.ThumbprintList), text("CreateDate", created),
	}
	if c := provider.ContextProvider; c != nil {
		fields = append(fields, c.element())
	}
	return fields, nil
}

func (c *ContextProvider) element() element {
	all := group("ContextProvider", text("SubjectSourceKey", c.SubjectSourceKey))
	if c.SubjectTypeSourceKey != "" {
		all.inside = append(all.inside, text("SubjectTypeSourceKey", c.SubjectTypeSourceKey))
	}
	if c.SubjectTypeValue != "" {
		all.inside = append(all.inside, text("SubjectTypeValue", c.SubjectTypeValue))
	}
	all.inside = append(all.inside, list("KeyDefinitionList", c.KeyDefinitionList, func(key struct{ SourceKey, TargetKey string }) []element {
		return []element{text("SourceKey", key.SourceKey), text("TargetKey", key.TargetKey)}
	}))
	return all
}
