package statickeys

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strconv"
	"strings"
)

// Family is what the table counts together.
type Family string

// The families of the table in docs/static-keys.md.
const (
	AWSID      Family = "AWS access key ids"
	AWSSecret  Family = "AWS secret keys"
	Databricks Family = "Databricks tokens and OAuth secrets"
	Azure      Family = "Azure keys, secrets and signatures"
	Password   Family = "passwords of databases"
	Other      Family = "private keys, GitHub, OpenAI, Bedrock"
)

// families in the table's order.
var families = []Family{AWSID, AWSSecret, Databricks, Azure, Password, Other}

const (
	upper   = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	lower   = "abcdefghijklmnopqrstuvwxyz"
	digits  = "0123456789"
	alnum   = upper + lower + digits
	base64s = alnum + "+/"
)

// maker makes keys of one kind. The written form stands in the file; it differs from the key where the place demands an encoding.
type maker struct {
	family Family
	make   func(*rand.Rand) (key, written string)
	lesser bool // expires by itself
	loose  bool // neither asked for nor a false alarm: the half of a pair whose other half tells
}

// Prefixes are split, so that no scanner of this repository takes these lines for keys.
var makers = map[string]maker{
	"akia":      {family: AWSID, make: plain(func(r *rand.Rand) string { return "AK" + "IA" + letters(r, upper+"234567", 16) })},
	"asia":      {family: AWSID, make: plain(func(r *rand.Rand) string { return "AS" + "IA" + letters(r, upper+"234567", 16) }), lesser: true},
	"secret":    {family: AWSSecret, make: plain(func(r *rand.Rand) string { return letters(r, base64s, 40) })},
	"temporary": {family: AWSSecret, make: plain(func(r *rand.Rand) string { return letters(r, base64s, 40) }), loose: true},
	"secret%2F": {family: AWSSecret, make: func(r *rand.Rand) (string, string) {
		key := letters(r, base64s, 38) + "/" + letters(r, alnum, 1)
		return key, url.QueryEscape(key)
	}},
	"dapi":   {family: Databricks, make: plain(func(r *rand.Rand) string { return "da" + "pi" + letters(r, digits+"abcdef", 32) })},
	"dapi-2": {family: Databricks, make: plain(func(r *rand.Rand) string { return "da" + "pi" + letters(r, digits+"abcdef", 32) + "-2" })},
	"dose":   {family: Databricks, make: plain(func(r *rand.Rand) string { return "do" + "se" + letters(r, digits+"abcdef", 32) })},
	"azurekey": {family: Azure, make: plain(func(r *rand.Rand) string {
		return base64.StdEncoding.EncodeToString(octets(r, 64))
	})},
	"azuresecret": {family: Azure, make: plain(func(r *rand.Rand) string {
		return letters(r, alnum, 3) + letters(r, digits, 1) + "Q" + "~" + letters(r, alnum+"_.~-", 33) + letters(r, alnum, 1)
	})},
	"sas": {family: Azure, make: func(r *rand.Rand) (string, string) {
		key := base64.StdEncoding.EncodeToString(octets(r, 32))
		return key, url.QueryEscape(key)
	}},
	"password": {family: Password, make: plain(func(r *rand.Rand) string {
		return letters(r, upper, 1) + letters(r, lower, 5) + letters(r, digits, 3) + letters(r, "!*_.", 1) + letters(r, lower, 3)
	})},
	"ghp": {family: Other, make: plain(func(r *rand.Rand) string { return "gh" + "p_" + letters(r, alnum, 36) })},
	"patlong": {family: Other, make: plain(func(r *rand.Rand) string {
		return "github" + "_pat_" + letters(r, alnum, 22) + "_" + letters(r, alnum, 59)
	})},
	"openai": {family: Other, make: plain(func(r *rand.Rand) string {
		return "s" + "k-" + letters(r, alnum, 20) + "T3Blbk" + "FJ" + letters(r, alnum, 20)
	})},
	"absk": {family: Other, make: plain(func(r *rand.Rand) string {
		return "AB" + "SK" + base64.StdEncoding.EncodeToString([]byte("BedrockAPIKey-"+letters(r, alnum, 4)+"-at-111122223333:"+letters(r, base64s, 60)))
	})},
	"pem": {family: Other, make: plain(func(r *rand.Rand) string {
		var b strings.Builder
		b.WriteString("-----BEGIN " + "RSA PRIVATE KEY-----\n")
		for range 12 {
			b.WriteString(base64.StdEncoding.EncodeToString(octets(r, 48)) + "\n")
		}
		b.WriteString("-----END " + "RSA PRIVATE KEY-----")
		return b.String()
	})},
}

func plain(of func(*rand.Rand) string) func(*rand.Rand) (string, string) {
	return func(r *rand.Rand) (string, string) {
		key := of(r)
		return key, key
	}
}

// filler is random text that is no key: digests, identifiers, images. Its marker is NAME:LENGTH, or NAME.
func filler(r *rand.Rand, marker string) (string, error) {
	name, length, _ := strings.Cut(marker, ":")
	n, err := strconv.Atoi(length)
	if err != nil && name != "uuid" {
		return "", fmt.Errorf("⟦%s⟧ is no kind of key and no filler", marker)
	}
	switch name {
	case "uuid":
		h := hex.EncodeToString(octets(r, 16))
		return h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-a" + h[17:20] + "-" + h[20:], nil
	case "hex":
		return letters(r, digits+"abcdef", n), nil
	case "digits":
		return letters(r, digits, n), nil
	case "base32":
		return letters(r, upper+"234567", n), nil
	case "b64url":
		return letters(r, alnum+"-_", n), nil
	case "b64":
		return base64.StdEncoding.EncodeToString(octets(r, (n+3)/4*3))[:n], nil
	case "binary":
		return string(octets(r, n)), nil
	}
	return "", fmt.Errorf("⟦%s⟧ is no kind of key and no filler", marker)
}

func letters(r *rand.Rand, of string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = of[r.IntN(len(of))]
	}
	return string(b)
}

func octets(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.UintN(256)) //nolint:gosec // below 256
	}
	return b
}
