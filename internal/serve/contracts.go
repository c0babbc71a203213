package serve

import (
	"context"
	"net/http"

	"github.com/dbxaccess/dbxaccess/internal/credential"
	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// containerCredentials speaks AWS's contract of container credentials.
type containerCredentials struct {
	kept  *Kept[*credential.AWS]
	token secret.String
}

func (c containerCredentials) check(r *http.Request) error {
	if same(r.Header.Get("Authorization"), c.token.Reveal()) {
		return nil
	}
	return ui.Errorf("served-wrong-token", ui.Refused, "a program asked for AWS credentials without the right authorization token").
		With(ui.Advice("pass on AWS_CONTAINER_AUTHORIZATION_TOKEN too, as dbxaccess exec sets it"))
}

func (c containerCredentials) answer(ctx context.Context) ([]byte, error) {
	got, _, err := c.kept.Get(ctx)
	if err != nil {
		return nil, err
	}
	return got.ContainerJSON()
}

// metadataService speaks the contract of Databricks' metadata service.
type metadataService struct {
	kept  *Kept[*credential.Token]
	place databricks.Address
}

func (m metadataService) check(r *http.Request) error {
	if r.Header.Get(databricks.MetadataVersionHeader) != databricks.MetadataVersion {
		return ui.Errorf("served-wrong-version", ui.Refused, "a program asked for a Databricks token in no version of the metadata service's contract that is known here").
			With(ui.Advice("update its Databricks SDK, or dbxaccess"))
	}
	return m.place.Serves(r.Header.Get(databricks.MetadataHostHeader))
}

func (m metadataService) answer(ctx context.Context) ([]byte, error) {
	token, _, err := m.kept.Get(ctx)
	if err != nil {
		return nil, err
	}
	return token.MetadataJSON()
}
