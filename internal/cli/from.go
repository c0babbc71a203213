package cli

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/credential"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// FromFlags adds --from-table and its like, of which one may be given, and --write. What was given is checked with the
// request: see broker.CheckRequest.
func FromFlags(cmd *cobra.Command, value *credential.Vended) {
	for _, f := range []struct {
		by          credential.Vendor
		name, usage string
	}{
		{credential.Table, "from-table", "AWS credentials that Unity Catalog vends for a `table`, as in main.ml.churn"},
		{credential.Volume, "from-volume", "the same for a `volume`"},
		{credential.Path, "from-path", "the same for a `path` in an external location, as in s3://acme-ml/churn/"},
		{credential.ServiceCredential, "from-service-credential", "the same for a service credential's `name`"},
		{credential.AccessGrant, "from-grant", "AWS credentials that S3 Access Grants vend for a `place`, as in s3://acme-ml/churn/"},
	} {
		cmd.Flags().Var(&from{value, f.by}, f.name, f.usage)
		_ = cmd.RegisterFlagCompletionFunc(f.name, cobra.NoFileCompletions)
	}
	cmd.Flags().BoolVar(&value.Write, "write", false, "with one of --from-…: writing too, not only reading")
}

// from is one of the flags that name what is vended.
type from struct {
	value *credential.Vended
	by    credential.Vendor
}

func (f *from) String() string {
	if f.value == nil || f.value.By != f.by {
		return ""
	}
	return f.value.Name
}
func (f *from) Type() string { return "name" }
func (f *from) Set(name string) error {
	switch {
	case name == "":
		return errors.New("it names nothing")
	case f.value.By != "" && (f.value.By != f.by || f.value.Name != name):
		return errors.New("credentials are vended for one thing at a time, and " + string(f.value.By) + " " + f.value.Name + " is named already")
	}
	f.value.By, f.value.Name = f.by, name
	return nil
}

// WarnOfAccessPoint says what takes the bucket's place for vended credentials that work by an access point; "" is none.
func WarnOfAccessPoint(env *Env, arn string) {
	if arn != "" {
		env.Console.Warn(ui.Warning{ID: "access-point", What: "the credentials work by an access point: use " + arn + " in the place of the bucket's name"})
	}
}
