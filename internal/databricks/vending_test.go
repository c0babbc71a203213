package databricks

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const (
	tableFound = `{"table_id":"9d5c3c6e-0b1f","table_type":"MANAGED","data_source_format":"DELTA"}`
	vendedKeys = `{"aws_temp_credentials":{"access_key_id":"ASIA1","secret_access_key":"canary-of-the-secret","session_token":"canary-of-the-session"},
		"expiration_time":1767225600123,"url":"s3://acme-ml/churn"}`
)

func TestWhatIsVended(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		v            Vending
		lookUp, path string
		sent         map[string]string
	}{
		{Vending{Of: Table, Name: "main.ml.churn"}, "/api/2.1/unity-catalog/tables/main.ml.churn", "/api/2.0/unity-catalog/temporary-table-credentials",
			map[string]string{"table_id": "9d5c3c6e-0b1f", "operation": "READ"}},
		{Vending{Of: Table, Name: "main.ml.größe%2f?", Write: true}, "/api/2.1/unity-catalog/tables/main.ml.gr%C3%B6%C3%9Fe%252f%3F",
			"/api/2.0/unity-catalog/temporary-table-credentials", map[string]string{"table_id": "9d5c3c6e-0b1f", "operation": "READ_WRITE"}},
		{Vending{Of: Volume, Name: "main.ml.files", Write: true}, "/api/2.1/unity-catalog/volumes/main.ml.files",
			"/api/2.0/unity-catalog/temporary-volume-credentials", map[string]string{"volume_id": "v-1", "operation": "WRITE_VOLUME"}},
		{Vending{Of: Path, Name: "s3://acme-ml/churn/"}, "", "/api/2.0/unity-catalog/temporary-path-credentials",
			map[string]string{"url": "s3://acme-ml/churn/", "operation": "PATH_READ"}},
		{Vending{Of: ServiceCredential, Name: "ml-glue"}, "", "/api/2.1/unity-catalog/temporary-service-credentials",
			map[string]string{"credential_name": "ml-glue"}},
	} {
		var body []byte
		handlers := []http.HandlerFunc{func(rw http.ResponseWriter, r *http.Request) {
			body, _ = io.ReadAll(r.Body)
			says(200, vendedKeys)(rw, r)
		}}
		if c.lookUp != "" {
			handlers = append([]http.HandlerFunc{says(200, `{"table_id":"9d5c3c6e-0b1f","volume_id":"v-1"}`)}, handlers...)
		}
		w := serve(t, handlers...)
		token := w.token()
		token.AccountID, token.WorkspaceID = "a1", "42"
		got, err := w.Vend(t.Context(), token, c.v)
		if err != nil {
			t.Errorf("%+v: %v", c.v, err)
			continue
		}
		if got.AccessKeyID != "ASIA1" || got.SecretAccessKey.Reveal() != "canary-of-the-secret" || got.SessionToken.Reveal() != "canary-of-the-session" ||
			!got.Expires.Equal(time.UnixMilli(1767225600123)) || got.Location != "s3://acme-ml/churn" || got.AccessPoint != "" {
			t.Errorf("%+v: got %+v", c.v, got)
		}
		asked := w.requests[len(w.requests)-1]
		var sent map[string]string
		if err := json.Unmarshal(body, &sent); err != nil || len(sent) != len(c.sent) {
			t.Errorf("%+v: sent %s", c.v, body)
		}
		for name, value := range c.sent {
			if sent[name] != value {
				t.Errorf("%+v: sent %s", c.v, body)
			}
		}
		if asked.Method != http.MethodPost || asked.URL.Path != c.path || asked.Header.Get("Authorization") != "Bearer "+accessToken ||
			asked.Header.Get("X-Databricks-Workspace-Id") != "42" || asked.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%+v: %s %s %v", c.v, asked.Method, asked.URL, asked.Header)
		}
		if first := w.requests[0]; c.lookUp != "" && (first.Method != http.MethodGet || first.URL.EscapedPath() != c.lookUp || first.URL.RawQuery != "") {
			t.Errorf("%+v: %s %s", c.v, first.Method, first.URL)
		}
	}
}

func TestNamesThatAreNone(t *testing.T) {
	t.Parallel()
	for _, v := range []Vending{
		{Of: Table, Name: ""},
		{Of: Table, Name: "churn"},
		{Of: Table, Name: "ml.churn"},
		{Of: Table, Name: "a.b.c.d"},
		{Of: Table, Name: "a..c"},
		{Of: Table, Name: "a.b.c d"},
		{Of: Table, Name: "a.b.`c`"},
		{Of: Table, Name: "a.b.c/../../x"},
		{Of: Table, Name: "a.b.c\n"},
		{Of: Table, Name: "a.b." + strings.Repeat("c", 256)},
		{Of: Volume, Name: "a.b"},
		{Of: ServiceCredential, Name: "a.b"},
		{Of: ServiceCredential, Name: "a/b"},
		{Of: ServiceCredential, Name: "ml-glue", Write: true},
		{Of: Path, Name: "acme-ml/churn"},
		{Of: Path, Name: "s3:///churn"},
		{Of: Path, Name: "https://acme.example/churn"},
		{Of: Path, Name: "s3://user:canary@acme-ml/churn"},
		{Of: Path, Name: "s3://acme-ml/\u001b[31m"},
		{Of: Path, Name: "s3://acme-ml/" + strings.Repeat("x", 2000)},
	} {
		w := serve(t, says(200, vendedKeys))
		if _, err := w.Vend(t.Context(), w.token(), v); ui.CodeOf(err) != ui.Usage || ui.HintOf(err) == "" || len(w.requests) != 0 {
			t.Errorf("%+v: %v", v, err)
		}
	}
	for address, cloud := range map[string]string{
		"abfss://c@a.dfs.core.windows.net/x": "Azure", "wasbs://c@a.blob.core.windows.net/x": "Azure", "gs://acme/x": "Google Cloud", "r2://b@a.r2.example/x": "Cloudflare R2",
	} {
		if err := (Vending{Of: Path, Name: address}).Check(); ui.IDOf(err) != "vending-other-cloud" || !strings.Contains(err.Error(), "is in "+cloud) {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func info(reason, privilege, on, name string) string {
	return `"details":[{"@type":"x"},{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"` + reason +
		`","metadata":{"msg":"` + privilege + `","resourceType":"` + on + `","resourceName":"` + name + `"}},7]`
}

func TestWhyNothingIsVended(t *testing.T) {
	t.Parallel()
	const off = `{"error_code":"UNAUTHENTICATED","message":"from outside is denied",` +
		`"details":[{"reason":"UNITY_CATALOG_EXTERNAL_GENERATE_TABLE_CREDENTIALS_DENIED"}]}`
	table, path := Vending{Of: Table, Name: "main.ml.churn", Principal: "alice@example.com"}, Vending{Of: Path, Name: "s3://acme-ml/x/"}
	writing := table
	writing.Write = true
	for _, c := range []struct {
		v          Vending
		status     int
		body       string
		id         ui.ID
		code       ui.Code
		text, hint string
	}{
		{table, 401, off, "vending-external-access-off", ui.Refused, "off for the metastore: UNAUTHENTICATED", "databricks metastores update METASTORE_ID"},
		{table, 401, `{"error_code":401,"message":"Invalid access token."}`, "workspace-token-refused", ui.Refused, "does not accept its token", "login --force"},
		{table, 403, `{"error_code":403,"message":"Source IP address: 192.0.2.1 is blocked"}`, "workspace-access-refused", ui.Refused, "Source IP", "IP access list"},
		{table, 403, `{"error_code":"PERMISSION_DENIED","message":"no",` + info("PERMISSION_DENIED", "EXTERNAL USE SCHEMA", "Schema", "main.ml") + `}`,
			"vending-privilege-missing", ui.Refused, "PERMISSION_DENIED: no", "GRANT EXTERNAL USE SCHEMA ON SCHEMA `main`.`ml` TO `alice@example.com`"},
		{table, 403, `{"error_code":"PERMISSION_DENIED","message":"no"}`, "vending-privilege-missing", ui.Refused, "no", "ON SCHEMA `main`.`ml` TO `alice"},
		{path, 403, `{"error_code":"PERMISSION_DENIED","message":"no"}`, "vending-privilege-missing", ui.Refused, "no", "GRANT EXTERNAL USE LOCATION ON EXTERNAL LOCATION NAME TO PRINCIPAL"},
		{Vending{Of: ServiceCredential, Name: "ml-glue"}, 403, `{"error_code":"PERMISSION_DENIED","message":"no"}`,
			"vending-privilege-missing", ui.Refused, "no", "GRANT ACCESS ON SERVICE CREDENTIAL `ml-glue` TO PRINCIPAL"},
		// What a server says must not become a command of its own.
		{table, 403, `{"error_code":"PERMISSION_DENIED","message":"no",` + info("PERMISSION_DENIED", "SELECT; DROP", "Schema", "a`; DROP TABLE x; --") + `}`,
			"vending-privilege-missing", ui.Refused, "no", "GRANT EXTERNAL USE SCHEMA ON SCHEMA `main`.`ml` TO"},
		{table, 403, `{"error_code":"PERMISSION_DENIED","message":"no",` + info("PERMISSION_DENIED", "SELECT", "Table", "a`; DROP TABLE x; --") + `}`,
			"vending-privilege-missing", ui.Refused, "no", "GRANT SELECT ON TABLE NAME TO"},
		{writing, 403, `{"error_code":"PERMISSION_DENIED","message":"no"}`, "vending-read-only", ui.Refused, "managed Delta table", "leave --write out"},
		{writing, 400, `{"error_code":"BAD_REQUEST","message":"no"}`, "vending-read-only", ui.Refused, "managed Delta table", "leave --write out"},
		{table, 400, `{"error_code":"INVALID_PARAMETER_VALUE","message":"` + accessToken + `"}`, "vending-refused", ui.Refused, "[redacted]", "the table is MANAGED"},
		{path, 400, `{"error_code":"INVALID_PARAMETER_VALUE","message":"no"}`, "vending-refused", ui.Refused, "no", "external location"},
		{Vending{Of: Volume, Name: "a.b.c"}, 404, `{"error_code":"VOLUME_DOES_NOT_EXIST","message":"no"}`, "vending-securable-absent", ui.Refused, "hidden", "Catalog Explorer"},
		{path, 404, "", "workspace-not-found", ui.Failed, "no such workspace", "the host"},
		{path, 500, `{"error_code":"INTERNAL_ERROR","message":"no"}`, "workspace-unavailable", ui.Failed, "no", "temporary fault"},
		{path, 200, `<html>`, "web-page-came", ui.Failed, "web page", "sign in there"},
		{path, 200, `{"expiration_time":1767225600123}`, "workspace-unknown-answer", ui.Failed, "no AWS credentials", "the host"},
		{path, 200, `{"gcp_oauth_token":{"oauth_token":"x"},"expiration_time":1}`, "vending-other-cloud", ui.Refused, "Google Cloud", "client of Databricks"},
		{path, 200, `{"r2_temp_credentials":{"access_key_id":"x"}}`, "vending-other-cloud", ui.Refused, "Cloudflare", "client of Databricks"},
		{path, 200, strings.Replace(vendedKeys, "1767225600123", `"soon"`, 1), "workspace-unknown-answer", ui.Failed, "no usable time of expiry", "the host"},
		{path, 200, strings.Replace(vendedKeys, "1767225600123", "1e300", 1), "workspace-unknown-answer", ui.Failed, "no usable time of expiry", "the host"},
		{path, 200, strings.Replace(vendedKeys, `"ASIA1"`, `"ASIA1","access_point":"arn:aws:s3:::x$(id)"`, 1), "workspace-unknown-answer", ui.Failed, "an access point that is none", "the host"},
	} {
		answer := says(c.status, c.body)
		w := serve(t, answer)
		if c.v.Of == Table {
			w = serve(t, says(200, tableFound), answer, says(404, "{}"))
		}
		got, err := w.Vend(t.Context(), w.token(), c.v)
		if got != nil {
			t.Errorf("%+v: %+v", c.v, got)
		}
		if ui.IDOf(err) != c.id {
			t.Errorf("%d %s: id %s", c.status, c.body, ui.IDOf(err))
		}
		mustFail(t, err, c.code, c.text, c.hint)
		if strings.Contains(ui.HintOf(err), "DROP") {
			t.Errorf("a command of the server's: %s", ui.HintOf(err))
		}
	}
}

func TestTheMetastoreIsNamedWhereItTells(t *testing.T) {
	t.Parallel()
	off := says(401, `{"error_code":"UNAUTHENTICATED","message":"no","details":[{"reason":"UNITY_CATALOG_EXTERNAL_GENERATE_PATH_CREDENTIALS_DENIED"}]}`)
	v := Vending{Of: Path, Name: "s3://acme-ml/x/"}
	w := serve(t, off, says(200, `{"metastore_id":"m-1","name":"acme","external_access_enabled":false}`))
	_, err := w.Vend(t.Context(), w.token(), v)
	mustFail(t, err, ui.Refused, "off for the metastore acme", `databricks metastores update m-1 --json '{"external_access_enabled": true}'`)
	w = serve(t, off, says(200, `{"metastore_id":"x; rm -rf ~","name":"acme","external_access_enabled":true}`))
	_, err = w.Vend(t.Context(), w.token(), v)
	mustFail(t, err, ui.Refused, "has external data access on, and refuses this all the same", "must ask Databricks why")
	if ui.IDOf(err) != "vending-refused" {
		t.Error(ui.IDOf(err))
	}
	w = serve(t, off, says(200, `{"metastore_id":"x; rm -rf ~"}`))
	_, err = w.Vend(t.Context(), w.token(), v)
	mustFail(t, err, ui.Refused, "off", "metastores update METASTORE_ID")
}

func TestABusyCatalogIsAskedOnceMore(t *testing.T) {
	t.Parallel()
	w := serveAtOnce(t, says(429, `{"error_code":"REQUEST_LIMIT_EXCEEDED","message":"slow down"}`, "Retry-After", "0"), says(200, vendedKeys))
	if _, err := w.Vend(t.Context(), w.token(), Vending{Of: Path, Name: "s3://acme-ml/x/"}); err != nil || len(w.requests) != 2 {
		t.Errorf("%v, %d requests", err, len(w.requests))
	}
}

func FuzzVended(f *testing.F) {
	for _, body := range []string{
		vendedKeys, `{}`, `null`, `{"aws_temp_credentials":7}`, `{"azure_aad":{"aad_token":"x"}}`, `{"error_code":"X","details":[{"reason":"R","metadata":{"msg":"SELECT"}}]}`,
		`{"details":[{"reason":"UNITY_CATALOG_EXTERNAL_GENERATE_PATH_CREDENTIALS_DENIED"}]}`, `{"details":{"reason":[]}}`,
	} {
		f.Add(200, body)
		f.Add(403, body)
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 200 || status > 599 || status == 429 || status == 503 {
			return
		}
		w := serveAtOnce(t, says(status, body))
		got, err := w.Vend(t.Context(), w.token(), Vending{Of: Path, Name: "s3://acme-ml/x/", Principal: "alice@example.com"})
		if (got == nil) == (err == nil) {
			t.Fatalf("%+v, %v", got, err)
		}
		if err == nil {
			if got.Location != ui.Clean(got.Location) || got.AccessPoint != ui.Clean(got.AccessPoint) || got.Expires.Year() > 2040 {
				t.Errorf("got %+v", got)
			}
			return
		}
		if all := err.Error() + "\n" + ui.HintOf(err); ui.CleanLines(all) != all || ui.IDOf(err) == "" || strings.Contains(all, accessToken) {
			t.Errorf("%q", all)
		}
	})
}
