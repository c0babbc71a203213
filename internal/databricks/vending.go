package databricks

import (
	"context"
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Securable is what Unity Catalog vends credentials for.
type Securable string

// The securables.
const (
	Table             Securable = "table"
	Volume            Securable = "volume"
	Path              Securable = "path"
	ServiceCredential Securable = "service credential"
)

// Vending is one request for credentials of Unity Catalog
// (https://docs.databricks.com/aws/en/external-access/credential-vending).
type Vending struct {
	Of    Securable
	Name  string // of a table or volume CATALOG.SCHEMA.NAME, of a path its address, of a service credential its own
	Write bool   // writing too; without meaning for a service credential
	// Principal is whom a missing privilege would be granted to: an e-mail address or an application ID; "" where not known.
	Principal string
}

// Vended are AWS credentials as Unity Catalog answers them, complete and not checked any further.
type Vended struct {
	AccessKeyID                   string
	SecretAccessKey, SessionToken secret.String
	Expires                       time.Time // UTC
	Location                      string    // what they reach, as in s3://bucket/prefix; "" where it is not said
	RequestID                     string    // of the answer; "" where it has none
	AccessPoint                   string    // ARN of the S3 access point that takes the bucket's place; "" for none
}

const (
	// maxSecurable bounds one part of a name: https://docs.databricks.com/aws/en/sql/language-manual/sql-ref-names
	maxSecurable = 255
	// maxLocation bounds a path, in bytes: S3's longest key and bucket.
	maxLocation = 1024 + 63 + len("s3://") + 1
)

// Check is a Usage error for what can't be the name of such a securable.
func (v Vending) Check() error {
	switch v.Of {
	case Path:
		return v.checkPath()
	case ServiceCredential:
		if v.Write {
			return ui.Errorf("vending-write-unknown", ui.Usage, "a service credential has no reading and writing: what it may do is its role's business").
				With(ui.Advice("leave --write out"))
		}
		if isSecurable(v.Name) {
			return nil
		}
		return v.invalid("as in: --from-service-credential ml-glue")
	}
	parts := strings.Split(v.Name, ".")
	for _, part := range parts {
		if len(parts) != 3 || !isSecurable(part) {
			return v.invalid("write CATALOG.SCHEMA.NAME, without quotes, as in: --from-" + string(v.Of) + " main.ml.churn")
		}
	}
	return nil
}

// isSecurable reports whether a text can be one part of a name.
func isSecurable(name string) bool {
	return name != "" && len(name) <= maxSecurable && name == ui.Clean(name) && !strings.ContainsAny(name, " ./`\u007f")
}

func (v Vending) invalid(advice string) error {
	return ui.Errorf("vending-name-invalid", ui.Usage, "%q can't be the name of a %s in Unity Catalog", ui.Cut(ui.Clean(v.Name), 100), v.Of).
		With(ui.Advice(advice))
}

const azure, googleCloud, cloudflare = "Azure", "Google Cloud", "Cloudflare R2"

// cloudOf names the other cloud whose storage has addresses of a scheme; "" for none.
func cloudOf(scheme string) string {
	switch scheme {
	case "abfs", "abfss", "wasbs":
		return azure
	case "gs":
		return googleCloud
	case "r2":
		return cloudflare
	}
	return ""
}

func (v Vending) checkPath() error {
	u, err := url.Parse(v.Name)
	if err != nil || len(v.Name) > maxLocation || v.Name != ui.Clean(v.Name) || u.User != nil && u.Scheme == "s3" {
		return v.invalid("write its address, as in: --from-path s3://acme-ml/churn/")
	}
	if cloud := cloudOf(u.Scheme); cloud != "" {
		return v.otherCloud(cloud)
	}
	if u.Scheme != "s3" || u.Host == "" {
		return v.invalid("write its address, as in: --from-path s3://acme-ml/churn/")
	}
	return nil
}

// Vend asks Unity Catalog for AWS credentials, with a token of a workspace that its metastore is assigned to. Tables and
// volumes are looked up first, as credentials are asked for by their ids. Every refusal is a sentence with what fixes it,
// for a missing privilege the statement that grants it. "workspace-token-refused" is the error where the token itself is
// not accepted; external access that is off, which Databricks answers with 401 too, is another.
func (c *Client) Vend(ctx context.Context, t *Token, v Vending) (vended *Vended, err error) {
	if err := v.Check(); err != nil {
		return nil, err
	}
	err = httpclient.Retry(ctx, v.doing(t), patience, func(ctx context.Context) error {
		a, found, err := c.vend(ctx, t, v)
		if err != nil {
			return err
		}
		switch {
		case a.busy():
			return httpclient.Temporary(a.fault(v.doing(t)), a.retryAfter)
		case !a.OK():
			return c.vendingRefused(ctx, t, v, found, a)
		}
		vended, err = v.read(t, a)
		return err
	})
	return vended, err
}

func (v Vending) doing(t *Token) string {
	return "asking Unity Catalog at " + t.Host + " for credentials of " + v.shown()
}

// shown names the securable for a person.
func (v Vending) shown() string { return string(v.Of) + " " + ui.Cut(ui.Clean(v.Name), 300) }

// vend looks up what credentials are asked for by id, and asks. The answer is the one that decides; found is that of the
// securable, nil for none.
func (c *Client) vend(ctx context.Context, t *Token, v Vending) (a *answer, found httpclient.Object, err error) {
	q := apiRequest{doing: v.doing(t), method: http.MethodPost}
	operation := func(read, write string) string {
		if v.Write {
			return write
		}
		return read
	}
	switch v.Of {
	case Path:
		q.path = "/api/2.0/unity-catalog/temporary-path-credentials"
		q.body = map[string]string{"url": v.Name, "operation": operation("PATH_READ", "PATH_READ_WRITE")}
	case ServiceCredential:
		q.path = "/api/2.1/unity-catalog/temporary-service-credentials"
		q.body = map[string]string{"credential_name": v.Name}
	default:
		noun := string(v.Of)
		a, err = c.api(ctx, t, apiRequest{doing: q.doing, method: http.MethodGet, path: "/api/2.1/unity-catalog/" + noun + "s/" + url.PathEscape(v.Name)})
		if err != nil || !a.OK() {
			return a, nil, err
		}
		id := a.Text(noun + "_id")
		if !isID(id) {
			return nil, nil, a.noVending(q.doing, "no usable "+noun+"_id")
		}
		found = a.Object
		q.path = "/api/2.0/unity-catalog/temporary-" + noun + "-credentials"
		q.body = map[string]string{noun + "_id": id, "operation": operation("READ", "READ_WRITE")}
		if v.Of == Volume {
			q.body = map[string]string{"volume_id": id, "operation": operation("READ_VOLUME", "WRITE_VOLUME")}
		}
	}
	a, err = c.api(ctx, t, q)
	return a, found, err
}

// read reads an answer with credentials. It is strict, as what is accepted here is cached and handed to other programs.
func (v Vending) read(t *Token, a *answer) (*Vended, error) {
	keys, ok := httpclient.ParseObject(a.Object["aws_temp_credentials"])
	if !ok {
		for _, other := range [...]struct{ member, cloud string }{
			{"azure_user_delegation_sas", azure}, {"azure_aad", azure}, {"gcp_oauth_token", googleCloud}, {"r2_temp_credentials", cloudflare},
		} {
			if keys, _ := httpclient.ParseObject(a.Object[other.member]); len(keys) > 0 {
				return nil, v.otherCloud(other.cloud)
			}
		}
		return nil, a.noVending(v.doing(t), "no AWS credentials")
	}
	vended := &Vended{
		AccessKeyID: keys.Text("access_key_id"), SecretAccessKey: secret.New(keys.Text("secret_access_key")),
		SessionToken: secret.New(keys.Text("session_token")), AccessPoint: keys.Text("access_point"),
		RequestID: a.RequestID(),
	}
	milliseconds, ok := a.Number("expiration_time")
	if !ok || milliseconds < 1 || milliseconds > math.MaxInt32*1000 {
		return nil, a.noVending(v.doing(t), "no usable time of expiry")
	}
	if at := vended.AccessPoint; at != "" && !isAccessPoint(at) {
		return nil, a.noVending(v.doing(t), "an access point that is none")
	}
	if where := a.Text("url"); strings.HasPrefix(where, "s3://") && len(where) <= maxLocation && where == ui.Clean(where) {
		vended.Location = where
	}
	vended.Expires = time.UnixMilli(int64(milliseconds)).UTC()
	return vended, nil
}

// isAccessPoint recognises the ARN of an S3 access point, of a multi-region one too, which has no region:
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-naming.html
func isAccessPoint(arn string) bool {
	fields := strings.SplitN(arn, ":", 6)
	return len(fields) == 6 && len(arn) <= 300 && fields[0] == "arn" && fields[2] == "s3" && ui.IsPlain(arn, "-.:/_") &&
		(strings.HasPrefix(fields[5], "accesspoint/") || strings.HasPrefix(fields[5], "accesspoint:"))
}

func (v Vending) otherCloud(cloud string) error {
	return ui.Errorf("vending-other-cloud", ui.Refused, "%s is in %s, and only credentials of AWS can be handed on", v.shown(), cloud).
		With(ui.Advice("read it with a client of Databricks: dbxaccess exec gives it the workspace's token"))
}

// noVending is the error for an answer that lacks something.
func (a *answer) noVending(doing, what string) error {
	if a.Object == nil {
		return a.fault(doing)
	}
	return ui.Errorf("workspace-unknown-answer", ui.Failed, "%s: the answer has %s", doing, what).With(ui.Advice(addressOrProxy))
}
