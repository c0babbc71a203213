package sts

import (
	"cmp"
	"context"
	"encoding/xml"
	"net/http"
	"net/url"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const (
	// maxGrants bounds the grants that are read of an instance, which AWS's quota bounds at a hundred thousand.
	maxGrants = 100_000
	// maxGrantPages bounds the answers, which may have fewer than asked for, or none.
	maxGrantPages = 500
)

// AccessGrants asks for the grants of an account in a region, with credentials that may list them.
type AccessGrants struct {
	From              *Credentials
	AccountID, Region string
}

// AccessGrant is one of them, as AWS tells it; clean.
type AccessGrant struct {
	ID          string `xml:"AccessGrantId"`
	Scope       string `xml:"GrantScope"`
	Permission  string
	GranteeType string `xml:"Grantee>GranteeType"`
	Grantee     string `xml:"Grantee>GranteeIdentifier"`
}

type listedGrants struct {
	XMLName   xml.Name
	NextToken string
	Grants    []AccessGrant `xml:"AccessGrantsList>AccessGrant"`

	Code, Message string
	Error         struct{ Code, Message string }
}

// ListAccessGrants returns all grants (https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_ListAccessGrants.html), none
// where the account has no S3 Access Grants in the region. Errors are those of DataAccess.
func (c *Client) ListAccessGrants(ctx context.Context, in AccessGrants) (all []AccessGrant, err error) {
	about := question{service: "S3 Access Grants", what: "the grants of account " + in.AccountID, moved: s3ControlVariable, region: in.Region, own: in.explain}
	at := DataAccess{AccountID: in.AccountID, Region: in.Region}
	if err := at.Check(); err != nil {
		return nil, err
	}
	address, err := c.s3Control(at)
	if err != nil {
		return nil, err
	}
	token := ""
	for range maxGrantPages {
		got, err := ask(ctx, about, func(ctx context.Context) (*listedGrants, error) {
			return c.listAccessGrants(ctx, about, in, address, token)
		})
		if ui.IDOf(err) == "grants-instance-absent" {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		for _, g := range got.Grants {
			all = append(all, AccessGrant{ui.Clean(g.ID), ui.Clean(g.Scope), ui.Clean(g.Permission), ui.Clean(g.GranteeType), ui.Clean(g.Grantee)})
		}
		if got.NextToken == "" {
			return all, nil
		}
		if got.NextToken == token || len(all) > maxGrants {
			break
		}
		token = got.NextToken
	}
	return nil, about.noAnswer("the list of %s does not end", about.what)
}

func (c *Client) listAccessGrants(ctx context.Context, about question, in AccessGrants, address, token string) (*listedGrants, error) {
	query := url.Values{"maxResults": {"1000"}}
	if token != "" {
		query.Set("nextToken", token)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/v20180820/accessgrantsinstance/grants?"+query.Encode(), nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("X-Amz-Account-Id", in.AccountID)
	named := ""
	if c.S3ControlEndpoint != "" {
		named = s3ControlVariable
	}
	a, err := c.send(ctx, in.From, byHand{about: about, service: "s3", of: "S3 Access Grants", named: named, request: r, digestHeader: true})
	if err != nil {
		return nil, err
	}
	var got listedGrants
	if xml.Unmarshal(a.Body, &got) != nil {
		return nil, a.NoAnswer()
	}
	code := cmp.Or(got.Error.Code, got.Code)
	switch {
	case code != "":
		return nil, refusalOf(a, ofS3(code), cmp.Or(got.Error.Message, got.Message))
	case !a.OK() || got.XMLName.Local != "ListAccessGrantsResult":
		return nil, a.NoAnswer()
	}
	return &got, nil
}

// explain knows the refusals that mean something of their own here.
func (in AccessGrants) explain(code, said string) error {
	switch code {
	case "AccessDenied":
		return ui.Errorf("grants-not-listed", ui.Refused, "AWS does not let the grants of account %s in %s be listed: %s", in.AccountID, in.Region, said).
			With(ui.ForAdmin("the permissions must allow s3:ListAccessGrants"))
	case "AccessGrantsInstanceNotExistsError":
		return DataAccess{AccountID: in.AccountID, Region: in.Region}.explain(code, said)
	}
	return nil
}
