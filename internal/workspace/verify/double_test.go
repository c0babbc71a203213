package verify_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/workspace/compute"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/workspace/estate"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/workspace"
	"github.com/dbxaccess/dbxaccess/internal/workspace/verify"
)

// double is a workspace, and the map that it is held against.
type double struct {
	*harness.Harness

	compute *compute.Compute
	estate  *estate.Estate
	t       *testing.T
	m       *accessmap.Map
	place   *accessmap.Workspace
	options workspace.Options
}

const mapText = `version: 1
identities:
  acme:
    issuer: https://idp.example.com
    client_id: dbxaccess
    groups:
      ml-scientists: [trainer]
      "ml-ops-*": [trainer]
      analysts: [reader]
      auditors: [open]
      elsewhere: [far]
workspaces:
  prod: { host: HOST }
  lab: { host: https://lab.cloud.databricks.com }
datasets:
  churn: { location: s3://acme-ml/churn/, sensitivity: restricted }
  sales: { location: s3://acme-ml/sales/, sensitivity: internal }
  weather: { location: s3://acme-ml/weather/, sensitivity: public }
roles:
  trainer:
    workspace: prod
    aws: { role_arn: arn:aws:iam::111122223333:role/trainer, region: us-east-1 }
    instance_profile: arn:aws:iam::111122223333:instance-profile/trainer
    tags: { cost-center: "4711" }
    read: [churn]
  reader:
    workspace: prod
    aws: { role_arn: arn:aws:iam::111122223333:role/reader, region: us-east-1 }
    instance_profile: arn:aws:iam::111122223333:instance-profile/reader
    read: [sales]
  open:
    workspace: prod
    aws: { role_arn: arn:aws:iam::111122223333:role/open, region: us-east-1 }
    instance_profile: arn:aws:iam::111122223333:instance-profile/open
    read: [weather]
  far:
    workspace: lab
    aws: { role_arn: arn:aws:iam::111122223333:role/far, region: us-east-1 }
    instance_profile: arn:aws:iam::111122223333:instance-profile/far
    read: [sales]
`

func newDouble(t *testing.T) *double {
	t.Helper()
	h, err := harness.New(t.Context(), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	d := &double{Harness: h, t: t, options: workspace.Options{Rate: 10_000, Patience: 5 * time.Second}}
	d.compute = compute.New(h, func(*http.Request, string) *harness.Reply { return nil })
	d.estate = estate.New(h, nil, func(*http.Request, string) (estate.Caller, *harness.Reply) { return estate.Caller{}, nil }, compute.Refusal)
	h.Serve(t.Context(), slices.Concat(d.compute.Routes(), d.estate.Routes()))
	t.Cleanup(func() {
		_ = h.Close()
		if unexpected := h.Unexpected(); len(unexpected) > 0 {
			t.Errorf("requests that no orderly client sends: %v", unexpected)
		}
	})
	if d.m, err = accessmap.Parse("map.yaml", []byte(strings.Replace(mapText, "HOST", h.Origin(), 1))); err != nil {
		t.Fatal(err)
	}
	d.place = d.m.Workspaces["prod"]
	return d
}

func (d *double) hold(text string) {
	d.t.Helper()
	held, err := compute.ReadHoldings([]byte(text))
	if err != nil {
		d.t.Fatal(err)
	}
	d.compute.Hold(held)
}

// keep is what is written into it by others than verify.
func (d *double) keep(text string) {
	d.t.Helper()
	if err := d.estate.Hold([]byte(text)); err != nil {
		d.t.Fatal(err)
	}
}

func (d *double) state(only ...verify.Part) *verify.State {
	return verify.NewState("v1.2.3", d.Origin(), "", d.m.Digest(), only, time.Time{}, time.Now())
}

func (d *double) run(ctx context.Context, s *verify.State, change ...func(*verify.Options)) error {
	d.t.Helper()
	c, err := workspace.New(httpclient.New(httpclient.Options{MaxBody: 32 << 20}), &databricks.Token{Host: d.Origin(), AccessToken: secret.New("canary-token")}, d.options)
	if err != nil {
		d.t.Fatal(err)
	}
	o := verify.Options{Map: d.m, Workplace: d.place, Now: time.Now}
	for _, f := range change {
		f(&o)
	}
	return verify.Run(ctx, c, s, o)
}

// found are the findings of a whole run, as lines.
func (d *double) found(only ...verify.Part) []string {
	d.t.Helper()
	s := d.state(only...)
	if err := d.run(d.t.Context(), s); err != nil {
		d.t.Fatal(err)
	}
	return lines(s)
}

func lines(s *verify.State) (all []string) {
	for _, f := range s.Sorted() {
		line := fmt.Sprintf("%s %s %s", f.Severity, f.ID, f.Object)
		if f.Where != "" {
			line += ", " + f.Where
		}
		all = append(all, line)
	}
	return all
}

func (d *double) want(have []string, want ...string) {
	d.t.Helper()
	slices.Sort(have)
	slices.Sort(want)
	for _, line := range want {
		if !slices.Contains(have, line) {
			d.t.Errorf("missing: %s", line)
		}
	}
	for _, line := range have {
		if !slices.Contains(want, line) {
			d.t.Errorf("not wanted: %s", line)
		}
	}
}

// Keys that are made up as the tests run, so that nobody takes them for true ones.
var (
	keyID  = "AKIA" + "Q3EGVVBXP4ZK7M2T"
	keyOf  = "wJ7rQ9tXv2LmZk4" + "Nc8bHs1dPf6gYaEoUi3TjRq5W"
	dapi   = "dapi" + "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
	quoted = strings.NewReplacer("KEYID", keyID, "KEYOF", keyOf, "DAPI", dapi)
)

// noSecret fails where a key stands in what is kept of a run.
func noSecret(t *testing.T, s *verify.State) {
	t.Helper()
	kept, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{keyID, keyOf, dapi, "canary"} {
		if strings.Contains(string(kept), key) {
			t.Errorf("%.8s… stands in the state", key)
		}
	}
}

const profiles = "arn:aws:iam::111122223333:instance-profile/"
