package request_test

import (
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/request"
)

// styles are the same map written in ways that people write maps in.
func styles() map[string]string {
	return map[string]string{
		"plain":         text,
		"windows":       strings.ReplaceAll(text, "\n", "\r\n"),
		"marked":        "\ufeff" + text,
		"no last break": strings.TrimRight(text, "\n"),
		"ends in a list": strings.TrimRight(strings.Replace(text, "  glass: { aws: { role_arn: \"arn:aws:iam::111122223333:role/g\", region: us-east-1 } }\n",
			"  glass:\n    aws: { role_arn: \"arn:aws:iam::111122223333:role/g\", region: us-east-1 }\n    read:\n      - features", 1), "\n"),
		"brackets": `version: 1
identities: { acme: { issuer: https://id.example, client_id: dbxaccess, groups: { ml-scientists: [ churn-trainer ], 'it''s, {x}': [everything,], analysts: [
  churn-reader, # "]"
  # more
] } } }
datasets: { churn: { location: s3://acme-ml/churn/ }, features: { location: s3://acme-features/ }, pii: { location: s3://acme-pii/ } }
roles: {
  churn-reader: { description: "a \"]\" in it", aws: { role_arn: "arn:aws:iam::111122223333:role/r", region: us-east-1 }, read: [features], write: [] },
  churn-trainer: { aws: { role_arn: "arn:aws:iam::111122223333:role/t", region: us-east-1 }, read: [churn , "features" ] },
  everything: { aws: { role_arn: "arn:aws:iam::111122223333:role/e", region: us-east-1 }, read: [churn, features, pii], write: [churn] },
  glass: { aws: { role_arn: "arn:aws:iam::111122223333:role/g", region: us-east-1 } }
}
`,
		"odd blocks": `version: 1
"identities":
    'acme':
        issuer: https://id.example
        client_id: dbxaccess
        groups:
            ml-scientists:
            - churn-trainer
            # the analysts
            "analysts":
            -   churn-reader   # reads ☃
              # and this belongs to it

            é☃: [everything]
datasets:
    churn: { location: s3://acme-ml/churn/ }
    features:
        location: >-
            s3://acme-features/

    pii: { location: s3://acme-pii/ }
roles:
    churn-reader:
        aws:
            role_arn: arn:aws:iam::111122223333:role/r
            region: us-east-1
        read: [
            features
        ]
        description: |
            Reads.
    churn-trainer:
        read: [churn, features]
        aws: { role_arn: "arn:aws:iam::111122223333:role/t",
          region: us-east-1
        }
    everything:
        aws: { role_arn: "arn:aws:iam::111122223333:role/e", region: us-east-1 }
        read: [churn, features, pii]
    glass: { aws: { role_arn: "arn:aws:iam::111122223333:role/g", region: us-east-1 } }
`,
	}
}

// everyAsk is all that can be asked of the maps of this test.
func everyAsk() []request.Ask {
	var asks []request.Ask
	for _, by := range [][]request.Holder{inGroups("analysts"), inGroups("ml-scientists"), inGroups("new one"), inGroups("data-x", "analysts"), nil} {
		for _, role := range []string{"churn-reader", "churn-trainer", "everything", "glass"} {
			asks = append(asks, request.Ask{Role: role, By: by})
		}
		for _, dataset := range []string{"churn", "features", "pii"} {
			for _, actions := range [][]string{{"read"}, {"write"}, {"delete"}, {"read", "write"}, {"read", "write", "delete"}} {
				asks = append(asks, request.Ask{Dataset: dataset, Actions: actions, By: by})
			}
		}
	}
	end := time.Date(2990, 2, 1, 0, 0, 0, 0, time.UTC)
	for _, by := range [][]request.Holder{inGroups("analysts"), inGroups("ml-scientists"), inGroups("new one")} {
		asks = append(asks, request.Ask{Role: "glass", By: by, Until: end}, request.Ask{Role: "everything", By: by, Until: end.Add(time.Hour), Reason: `it's "so": #1, [x]`})
	}
	return asks
}
