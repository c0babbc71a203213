// Package collector runs what records are sent to: rsyslog and an OpenTelemetry collector, both over TLS.
package collector

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/e2e/internal/process"
)

// Server is a collector, which may be stopped and started again at its address.
type Server struct {
	URL  string // for the settings
	CA   string // file with the certificate that it is known by
	Name string

	start   func(t testing.TB) *process.Process
	lines   func() string
	running *process.Process
}

// Start starts it, or starts it again.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	s.running = s.start(t)
	_, address, _ := strings.Cut(s.URL, "://")
	s.running.Await(t, time.Minute, func() bool {
		conn, err := (&tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}}).DialContext(t.Context(), "tcp", address) //nolint:gosec // only whether it is there
		if err != nil {
			return false
		}
		_ = conn.Close()
		return true
	})
}

// Stop ends it.
func (s *Server) Stop() { s.running.Stop() }

// Lines are those of the record that it has, in the order in which they came.
func (s *Server) Lines() []string {
	var all []string
	for line := range strings.Lines(s.lines()) {
		all = append(all, strings.TrimSuffix(line, "\n"))
	}
	return all
}

// Rsyslog is Debian's, with OpenSSL.
func Rsyslog(t testing.TB) *Server {
	t.Helper()
	dir := t.TempDir()
	cert, key := certificate(t, dir)
	address := process.FreeAddress(t)
	_, port, _ := net.SplitHostPort(address)
	out := filepath.Join(dir, "lines")
	conf := write(t, dir, "rsyslog.conf", fmt.Sprintf(`global(workDirectory="%[1]s" defaultNetstreamDriver="ossl" defaultNetstreamDriverCAFile="%[2]s"
  defaultNetstreamDriverCertFile="%[2]s" defaultNetstreamDriverKeyFile="%[3]s")
module(load="imtcp" streamDriver.name="ossl" streamDriver.mode="1" streamDriver.authMode="anon")
template(name="message" type="string" string="%%msg%%\n")
input(type="imtcp" address="127.0.0.1" port="%[4]s")
action(type="omfile" file="%[5]s" template="message")
`, dir, cert, key, port, out))
	return &Server{
		Name: "rsyslog", URL: "tls://" + address, CA: cert,
		start: func(t testing.TB) *process.Process {
			t.Helper()
			return process.Start(t, process.Program{Name: "rsyslogd", Path: "/usr/sbin/rsyslogd", Args: []string{"-n", "-f", conf, "-i", filepath.Join(dir, "pid")}})
		},
		lines: func() string {
			data, _ := os.ReadFile(out)
			return string(data)
		},
	}
}

// OpenTelemetry is the program of e2e/servers/otelcol.
func OpenTelemetry(t testing.TB, binary string) *Server {
	t.Helper()
	dir := t.TempDir()
	cert, key := certificate(t, dir)
	address := process.FreeAddress(t)
	conf := write(t, dir, "otelcol.yaml", fmt.Sprintf(`receivers: {otlp: {protocols: {http: {endpoint: "%s", tls: {cert_file: "%s", key_file: "%s"}}}}}
exporters: {debug: {verbosity: detailed}}
service:
  telemetry: {metrics: {level: none}}
  pipelines: {logs: {receivers: [otlp], exporters: [debug]}}
`, address, cert, key))
	var logs []*process.Log
	return &Server{
		Name: "otelcol", URL: "https://" + address, CA: cert,
		start: func(t testing.TB) *process.Process {
			t.Helper()
			p := process.Start(t, process.Program{Name: "otelcol", Path: binary, Args: []string{"--config", conf}})
			logs = append(logs, p.Log)
			return p
		},
		lines: func() string {
			var all strings.Builder
			for _, log := range logs {
				for line := range strings.Lines(log.String()) {
					if text, ok := strings.CutPrefix(strings.TrimSpace(line), "-> log.record.original: Str("); ok {
						all.WriteString(strings.TrimSuffix(text, ")") + "\n")
					}
				}
			}
			return all.String()
		},
	}
}

func write(t testing.TB, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// certificate makes a key and a certificate that is its own authority.
func certificate(t testing.TB, dir string) (cert, key string) {
	t.Helper()
	secret, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "collector of a test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true, IsCA: true, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &secret.PublicKey, secret)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	return write(t, dir, "cert.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))),
		write(t, dir, "key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})))
}
