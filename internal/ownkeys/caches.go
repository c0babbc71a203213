package ownkeys

import (
	"bytes"
	"path/filepath"
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/localfile"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Cache is where another tool keeps tokens in the clear. They end by themselves, and are of use to who reads them until then.
type Cache struct {
	Tool  string
	Path  string // a directory or a file
	Files int    // with tokens
	Holds string // what is in it
	Fix   ui.Fix
}

// caches of other tools, below the home directory.
var caches = []struct {
	tool, pattern, holds string
	words                []string // one of which is in a file with tokens
	fix                  ui.Fix
}{
	{
		"the AWS CLI's sign-in to IAM Identity Center", ".aws/sso/cache/*.json", "an access token for every account of the person, and often what renews it for weeks",
		[]string{`"accessToken"`, `"refreshToken"`, `"clientSecret"`},
		ui.Command("aws sso logout"),
	},
	{
		"the AWS CLI's roles", ".aws/cli/cache/*.json", "credentials of roles, for up to twelve hours",
		[]string{`"SecretAccessKey"`},
		ui.Advice("delete the files; profiles of dbxaccess keep nothing there"),
	},
	{
		"the AWS CLI's console sign-in", ".aws/login/cache/*.json", "credentials of a console session, and what renews them",
		[]string{`"accessToken"`, `"refreshToken"`, `"secretAccessKey"`},
		ui.Command("aws logout"),
	},
	{
		"the Databricks CLI", ".databricks/token-cache.json", "access tokens, and refresh tokens that renew them for months",
		[]string{`"access_token"`, `"refresh_token"`},
		ui.Advice("delete the file; profiles of dbxaccess keep nothing there"),
	},
	{
		"kubectl's sign-in", ".kube/cache/oidc-login/*", "ID tokens and refresh tokens for clusters",
		[]string{`"id_token"`, `"refresh_token"`},
		ui.Advice("delete the files, and have the plugin keep tokens in the keyring (kubelogin: --token-cache-storage=keyring)"),
	},
	{
		"the Azure CLI", ".azure/msal_token_cache.json", "access tokens and refresh tokens",
		[]string{`"secret"`},
		ui.Command("az logout"),
	},
	{
		"gcloud", ".config/gcloud/application_default_credentials.json", "a refresh token",
		[]string{`"refresh_token"`},
		ui.Command("gcloud auth application-default revoke"),
	},
}

// maxCached is how many files of a cache are looked at.
const maxCached = 200

// caches finds the caches that hold something.
func (f *Found) caches(m Machine) {
	if m.Home == "" {
		return
	}
	for _, c := range caches {
		names, _ := filepath.Glob(filepath.Join(escaped(m.Home), filepath.FromSlash(c.pattern)))
		found := Cache{Tool: c.tool, Holds: c.holds, Fix: c.fix}
		for _, name := range names[:min(len(names), maxCached)] {
			content, _, err := localfile.Read(name, maxFile)
			if err != nil || !slices.ContainsFunc(c.words, func(word string) bool { return bytes.Contains(content, []byte(word)) }) {
				continue
			}
			found.Files++
			found.Path = name
		}
		if found.Files > 1 {
			found.Path = filepath.Dir(found.Path)
		}
		if found.Files > 0 {
			f.Caches = append(f.Caches, found)
		}
	}
}
