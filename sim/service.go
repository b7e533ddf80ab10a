package sim

import (
	"net/netip"
	"regexp"
	"strconv"
	"strings"
)

// serviceVariable has the names that a Kubernetes cluster gives the variables which describe its Services to every
// container (https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables), when the Service
// is named dnispool, or dnispool-something. They begin as ours do.
var serviceVariable = regexp.MustCompile(`^DNISPOOL_(?:[A-Z0-9_]+_)??(SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT(?:_[0-9]+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?)$`)

// OfService reports whether a variable is one that a cluster sets for a Service, and no mistaken setting: its value has
// to be what the cluster would write.
func OfService(name, value string) bool {
	m := serviceVariable.FindStringSubmatch(name)
	if m == nil {
		return false
	}
	isAddr := func(s string) bool { _, err := netip.ParseAddr(s); return err == nil }
	isPort := func(s string) bool { _, err := strconv.ParseUint(s, 10, 16); return err == nil }
	switch what := m[1]; {
	case what == "SERVICE_HOST", strings.HasSuffix(what, "_ADDR"):
		return isAddr(value)
	case strings.HasPrefix(what, "SERVICE_PORT"), strings.HasSuffix(what, "_PORT"):
		return isPort(value)
	case strings.HasSuffix(what, "_PROTO"):
		return value == "tcp" || value == "udp" || value == "sctp"
	}
	_, at, found := strings.Cut(value, "://")
	_, err := netip.ParseAddrPort(at)
	return found && err == nil
}
