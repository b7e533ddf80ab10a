// Package certificate has the certificate of a simulator that serves TLS: one that it is given, or one that it makes.
package certificate

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"slices"
	"sync"
	"time"
)

// Config says which certificate is shown.
type Config struct {
	// Certificate and Key are PEM files, the first with the whole chain; empty: a certificate is made at each start.
	Certificate string `yaml:"certificate" json:"certificate"`
	Key         string `yaml:"key" json:"key"`
	// Hosts are names and IP addresses for which the one that is made holds, beside localhost, the loopback addresses and
	// the machine's own name.
	Hosts []string `yaml:"hosts" json:"hosts"`
}

// Validate returns every problem of the settings.
func (c Config) Validate() error {
	var errs []error
	if (c.Certificate == "") != (c.Key == "") {
		errs = append(errs, fmt.Errorf("key: want a file with each of certificate and key, or with neither, got %q and %q", c.Certificate, c.Key))
	}
	if i := slices.Index(c.Hosts, ""); i >= 0 {
		errs = append(errs, fmt.Errorf("hosts[%d]: want a name or an IP address, got nothing", i))
	}
	return errors.Join(errs...)
}

// TLS returns what a server needs, and in PEM the authority that has signed a certificate that was made: clients have to
// be told to trust it. The authority's key is not kept, so that it signs nothing else. One that was given has its own, and
// authority is nil.
func (c Config) TLS() (config *tls.Config, authority []byte, err error) {
	var shown tls.Certificate
	if c.Certificate != "" {
		shown, err = tls.LoadX509KeyPair(c.Certificate, c.Key)
	} else {
		shown, authority, err = sign(append(local(), c.Hosts...))
	}
	if err != nil {
		return nil, nil, fmt.Errorf("tls: %w", err)
	}
	return &tls.Config{Certificates: []tls.Certificate{shown}, NextProtos: []string{"http/1.1"}}, authority, nil
}

// Made keeps the certificate that was made last, for whoever starts again with the same settings: clients that trust it need not be told
// anew. The zero value has none yet. It is safe for concurrent use.
type Made struct {
	mu        sync.Mutex
	hosts     []string
	config    *tls.Config
	authority []byte
}

// TLS is that of c, with the certificate that was made before when it is made for the same hosts.
func (m *Made) TLS(c Config) (config *tls.Config, authority []byte, err error) {
	if c.Certificate != "" {
		return c.TLS()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.config == nil || !slices.Equal(m.hosts, c.Hosts) {
		if config, authority, err = c.TLS(); err != nil {
			return nil, nil, err
		}
		m.hosts, m.config, m.authority = c.Hosts, config, authority
	}
	return m.config.Clone(), m.authority, nil
}

// local are the names of this machine.
func local() []string {
	names := []string{"localhost", "127.0.0.1", "::1"}
	if name, err := os.Hostname(); err == nil && name != "" && name != "localhost" {
		names = append(names, name)
	}
	return names
}

// lifetime is how long what is made is valid, from an hour ago, for clocks that are behind. Some clients refuse more
// than 398 days.
const lifetime = 365 * 24 * time.Hour

// sign makes an authority and a certificate that it has signed.
func sign(hosts []string) (shown tls.Certificate, authority []byte, err error) {
	began := time.Now().Add(-time.Hour)
	ca := x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: "dnispool, made for one run"}, NotBefore: began, NotAfter: began.Add(lifetime),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign,
	}
	leaf := x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: "dnispool"}, NotBefore: began, NotAfter: began.Add(lifetime),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			leaf.IPAddresses = append(leaf.IPAddresses, ip)
		} else {
			leaf.DNSNames = append(leaf.DNSNames, h)
		}
	}
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return shown, nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return shown, nil, err
	}
	caDER, err := x509.CreateCertificate(rand.Reader, &ca, &ca, &caKey.PublicKey, caKey)
	if err != nil {
		return shown, nil, err
	}
	leafDER, err := x509.CreateCertificate(rand.Reader, &leaf, &ca, &key.PublicKey, caKey)
	if err != nil {
		return shown, nil, err
	}
	var out bytes.Buffer
	if err := pem.Encode(&out, &pem.Block{Type: "CERTIFICATE", Bytes: caDER}); err != nil {
		return shown, nil, err
	}
	return tls.Certificate{Certificate: [][]byte{leafDER, caDER}, PrivateKey: key}, out.Bytes(), nil
}

func serial() *big.Int {
	n, _ := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120)) // its reader never fails
	return n
}
