package data

import (
	"encoding/xml"
	"net/http"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
)

// ofAccount finds who asks S3 Control, which is told the account beside the signature.
func (s *Services) ofAccount(r *http.Request, action, thing string) (account, region string, failed *fault) {
	caller, failed := s.allowed(r, "s3", action, thing, "*")
	if failed != nil {
		return "", "", failed
	}
	if account := r.Header.Get("X-Amz-Account-Id"); account != caller.Account {
		return "", "", &fault{"AccessDenied", "Access Denied"}
	}
	return caller.Account, caller.Region, nil
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_GetPublicAccessBlock.html
func (s *Services) accountBlock(r *http.Request) *harness.Reply {
	account, _, failed := s.ofAccount(r, "s3:GetAccountPublicAccessBlock", r.Header.Get("X-Amz-Account-Id"))
	if failed != nil {
		return controlFailure(failed.code, failed.message)
	}
	at := slices.IndexFunc(s.estate.Accounts, func(b *AccountBlock) bool { return b.Account == account })
	if at < 0 {
		return controlFailure("NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found")
	}
	return xmlReply(http.StatusOK, blockConfiguration{Block: s.estate.Accounts[at].Block})
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_ListAccessPoints.html
func (s *Services) listAccessPoints(r *http.Request) *harness.Reply {
	name := r.URL.Query().Get("bucket")
	account, region, failed := s.ofAccount(r, "s3:ListAccessPoints", name)
	if failed != nil {
		return controlFailure(failed.code, failed.message)
	}
	type vpc struct {
		VpcID string `xml:"VpcId"`
	}
	type listed struct {
		Name, Bucket     string
		VpcConfiguration *vpc `xml:",omitempty"`
	}
	var all []listed
	for _, b := range s.estate.Buckets {
		if b.Account != account || b.Region != region || b.Name != name {
			continue
		}
		for _, p := range b.AccessPoints {
			one := listed{Name: p.Name, Bucket: b.Name}
			if p.VpcID != "" {
				one.VpcConfiguration = &vpc{p.VpcID}
			}
			all = append(all, one)
		}
	}
	some, next, ok := page(s, all, r.URL.Query().Get("nextToken"))
	if !ok {
		return controlFailure("InvalidRequest", "the token is none")
	}
	return xmlReply(http.StatusOK, struct {
		XMLName   xml.Name `xml:"ListAccessPointsResult"`
		Points    []listed `xml:"AccessPointList>AccessPoint"`
		NextToken string   `xml:",omitempty"`
	}{Points: some, NextToken: next})
}

// point is the access point of a request.
func (s *Services) point(r *http.Request, action string) (*AccessPoint, *fault) {
	name := r.PathValue("name")
	account, region, failed := s.ofAccount(r, action, name)
	if failed != nil {
		return nil, failed
	}
	for _, b := range s.estate.Buckets {
		for _, p := range b.AccessPoints {
			if b.Account == account && b.Region == region && p.Name == name {
				return p, nil
			}
		}
	}
	return nil, &fault{"NoSuchAccessPoint", "The specified accesspoint does not exist"}
}

func (s *Services) getAccessPoint(r *http.Request) *harness.Reply {
	p, failed := s.point(r, "s3:GetAccessPoint")
	if failed != nil {
		return controlFailure(failed.code, failed.message)
	}
	return xmlReply(http.StatusOK, struct {
		XMLName                        xml.Name `xml:"GetAccessPointResult"`
		Name                           string
		PublicAccessBlockConfiguration *Block `xml:",omitempty"`
	}{Name: p.Name, PublicAccessBlockConfiguration: p.PublicAccessBlock})
}

func (s *Services) accessPointPolicy(r *http.Request) *harness.Reply {
	p, failed := s.point(r, "s3:GetAccessPointPolicy")
	switch {
	case failed != nil:
		return controlFailure(failed.code, failed.message)
	case p.Policy == "":
		return controlFailure("NoSuchAccessPointPolicy", "The specified accesspoint does not have a policy")
	}
	return xmlReply(http.StatusOK, struct {
		XMLName xml.Name `xml:"GetAccessPointPolicyResult"`
		Policy  string
	}{Policy: string(p.Policy)})
}

// controlFailure is an error answer of S3 Control's, which stands one element deeper than S3's.
func controlFailure(code, message string) *harness.Reply {
	reply := s3Failure(code, message)
	reply.Body = []byte(xml.Header + "<ErrorResponse>" + strings.TrimPrefix(string(reply.Body), xml.Header) + "</ErrorResponse>")
	return reply
}
