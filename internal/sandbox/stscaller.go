package sandbox

import "encoding/xml"

// getCallerIdentity tells whose credentials signed. No policy can forbid it.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
func getCallerIdentity(caller credentials) reply {
	fields := map[string]any{"Arn": caller.arn(), "UserId": caller.userID(), "Account": caller.account()}
	return stsReply(actionCallerIdentity, fields, func(name xml.Name, fields map[string]any) any {
		return struct {
			XMLName xml.Name
			ARN     string `xml:"Arn,omitempty"`
			UserID  string `xml:"UserId,omitempty"`
			Account string `xml:"Account,omitempty"`
		}{name, text(fields["Arn"]), text(fields["UserId"]), text(fields["Account"])}
	})
}
