package e2e

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/e2e/internal/dex"
	"github.com/dbxaccess/dbxaccess/e2e/internal/laptop"
	"github.com/dbxaccess/dbxaccess/e2e/internal/secretservice"
)

// One sign-in by device code, then the AWS CLI works with the profile that was written: inside of the datasets and
// nowhere else, with no secret in any file.
func TestMainLine(t *testing.T) {
	t.Parallel()
	s := startStack(t, time.Hour)
	l := newLaptop(t, s)
	bus := secretservice.StartBus(t)
	bus.Unlocked(t, l.Home)
	l.Set("DBUS_SESSION_BUS_ADDRESS", bus.Address)
	const foreign = "# mine\n[profile other]\nregion=eu-west-1\n"
	l.Write(t, laptop.AWSProfile, foreign, 0o600)

	initialise(t, l)
	login(t, l, dex.Alice, trainer)
	keys := credentials(t, l, trainer)
	if again := credentials(t, l, trainer); again != keys {
		t.Error("two answers in a row differ, nothing was cached")
	}
	if tried, refused := s.minio.Assumes(); tried != 1 || refused != 0 {
		t.Errorf("%d assumes, %d refused, want one for the login and both answers", tried, refused)
	}
	if life := time.Until(keys.Expiration); life > time.Hour {
		t.Errorf("the credentials live for %v, longer than the ID token", life)
	}

	t.Run("inside", func(t *testing.T) {
		aws := func(args ...string) laptop.Result { return l.AWS(t, s.minio.URL, "dbx-"+trainer, args...) }
		allowed(t, aws("s3", "ls", "s3://acme-ml/churn/"), "train.csv")
		allowed(t, aws("s3", "cp", "s3://acme-ml/churn/train.csv", "-"), "inside the dataset")
		// Large enough for the CLI to send it in parts.
		large := l.Write(t, "model.bin", string(bytes.Repeat([]byte("model\n"), 2<<20)), 0o600)
		allowed(t, aws("s3", "cp", "--no-progress", large, "s3://acme-ml/churn/model.bin"), "")
		allowed(t, aws("s3", "ls", "s3://acme-ml/churn/model.bin"), "12582912")
	})
	t.Run("outside", func(t *testing.T) {
		aws := func(args ...string) laptop.Result { return l.AWS(t, s.minio.URL, "dbx-"+trainer, args...) }
		denied(t, aws("s3", "ls", "s3://acme-ml/churn-secret/"))
		denied(t, aws("s3", "cp", "s3://acme-ml/churn-secret/train.csv", "-"))
		denied(t, aws("s3", "cp", l.Home+"/map.yaml", "s3://acme-ml/payroll/2026.csv"))
		denied(t, aws("s3", "ls", "s3://acme-features/v2/"))
		denied(t, aws("s3", "rm", "s3://acme-ml/churn/train.csv")) // not granted
		denied(t, aws("s3api", "put-bucket-policy", "--bucket", "acme-ml", "--policy", "{}"))
	})
	t.Run("control", func(t *testing.T) {
		// The same role of the cloud without a session policy: it is the policy that denied.
		aws := func(args ...string) laptop.Result { return l.AWS(t, s.minio.URL, "dbx-"+admin, args...) }
		allowed(t, aws("s3", "cp", "s3://acme-ml/churn-secret/train.csv", "-"), "a neighbour")
		allowed(t, aws("s3", "ls", "s3://acme-features/v2/"), "features.csv")
		allowed(t, aws("s3", "rm", "s3://acme-ml/churn/train.csv"), "")
	})
	t.Run("read only", func(t *testing.T) {
		aws := func(args ...string) laptop.Result { return l.AWS(t, s.minio.URL, "dbx-"+reader, args...) }
		allowed(t, aws("s3", "cp", "s3://acme-features/v2/features.csv", "-"), "another dataset")
		denied(t, aws("s3", "cp", l.Home+"/map.yaml", "s3://acme-features/v2/map.yaml"))
		denied(t, aws("s3", "cp", "s3://acme-features/v1/features.csv", "-"))
	})

	if len(bus.Items(t)) == 0 {
		t.Error("the Secret Service holds nothing, the secrets are elsewhere")
	}
	for _, args := range [][]string{{"status"}, {"roles", "--why"}, {"status", "-o", "json"}} { // a canary looks at them
		succeeded(t, l.Run(t, args...))
	}
	if config := l.Files(t)[laptop.AWSProfile]; !strings.HasPrefix(config, foreign) {
		t.Errorf("the lines that were there before have changed:\n%s", config)
	}
}
