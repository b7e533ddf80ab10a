package deployment

import (
	"cmp"
	"context"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// proxied is what can be known of name and certificate behind a proxy: it looks the name up itself, and the certificate is the
// one that comes through it.
func (t *Target) proxied(ctx context.Context, u, proxy *url.URL) []Finding {
	f := t.name(ctx, proxy.Hostname())
	f.What = "proxy"
	if f.Do != "" {
		f.Do = "correct proxy, or the variables HTTPS_PROXY and NO_PROXY"
	}
	all := []Finding{f, {"name", fmt.Sprintf("%s looks up %s; what it finds cannot be known from here", proxy.Host, u.Hostname()), ""}}
	if u.Scheme != "https" {
		return all
	}
	p := t.projects[0]
	reply := t.asks(ctx, http.MethodGet, stateOfNobody(p), p.HandoffKey, "")
	switch {
	case reply.err != nil:
		f = Finding{"certificate", "none came through the proxy: " + reply.err.Error(), "look at the proxy, tls.server_name and tls.ca"}
	case reply.tls == nil || len(reply.tls.PeerCertificates) == 0:
		f = Finding{"certificate", "none came through the proxy", "look at the proxy"}
	default:
		f = ofCertificate(reply.tls.PeerCertificates[0])
		f.Is += ", as it comes through the proxy, which may have put its own in its place"
	}
	return append(all, f)
}

// soon is how many days before its end a certificate is to be spoken of.
const soon = 14

// ofCertificate says whom a certificate is for, who issued it, and how long it is still good.
func ofCertificate(c *x509.Certificate) Finding {
	days := int(time.Until(c.NotAfter).Hours() / 24)
	issuer := cmp.Or(c.Issuer.CommonName, strings.Join(c.Issuer.Organization, ", "), c.Issuer.String(), "nobody whom it names")
	f := Finding{"certificate", fmt.Sprintf("for %s, from %s, %d days left", subject(c), issuer, days), ""}
	if days < soon {
		f.Do = "tell whoever runs the platform that it ends soon"
	}
	return f
}

// subject names whom a certificate is for: by its alternative names, which are what counts, else by its common name.
func subject(c *x509.Certificate) string {
	const most = 3
	names := c.DNSNames
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	if more := len(names) - most; more > 0 {
		names = append(names[:most:most], fmt.Sprintf("%d more", more))
	}
	return cmp.Or(strings.Join(names, ", "), c.Subject.CommonName, "nobody whom it names")
}
