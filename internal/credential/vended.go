package credential

// Vendor is who vends AWS credentials of data, and for what kind of it.
type Vendor string

// The vendors: Unity Catalog for all but the last, which is S3 Access Grants.
const (
	Table             Vendor = "table"
	Volume            Vendor = "volume"
	Path              Vendor = "path"
	ServiceCredential Vendor = "service credential"
	AccessGrant       Vendor = "grant"
)

// Vended says which data AWS credentials are to be for. They are vended to the role: by Unity Catalog to the principal that its
// workspace's token stands for, by S3 Access Grants to its AWS role. The zero value is the role's own credentials.
type Vended struct {
	By    Vendor
	Name  string // of a table or volume CATALOG.SCHEMA.NAME, of a path or grant its address, of a service credential its own
	Write bool   // writing too
}

// String names the data and what may be done with it, as in "table main.ml.churn, read"; "" for the zero value.
func (v Vended) String() string {
	switch {
	case v == Vended{}:
		return ""
	case v.By == ServiceCredential:
		return string(v.By) + " " + v.Name
	case v.Write:
		return string(v.By) + " " + v.Name + ", read and write"
	}
	return string(v.By) + " " + v.Name + ", read"
}
