package rehearse

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/sim/strictyaml"
)

// trust is whom the client believes.
type trust string

// KnownAuthorities are those whose signature on a server's certificate the client knows.
const KnownAuthorities trust = "known-authorities"

// UnmarshalStrict implements strictyaml.Unmarshaler.
func (t *trust) UnmarshalStrict(file string, n *yaml.Node) strictyaml.Problems {
	return strictyaml.PickAt(file, n, "trusts", t, KnownAuthorities)
}

// trusts is whether the client sends its key to a server that may be anybody.
func trusts(v *view, _ trust) judgement {
	j := judgement{met: v.refusals > 0, want: "no request to a server whose certificate nobody vouches for"}
	for _, r := range v.requests {
		if r.Secure {
			j.met, j.final = false, true
			j.got = fmt.Sprintf("sent its key with %s %s to a server whose certificate nobody vouches for", r.Method, r.URL)
		}
	}
	return j
}

// clean is what is asked of attributes.
type clean string

// WithoutSecrets is that they hold nothing that must not be kept: the platform stores them, and shows them to people.
const WithoutSecrets clean = "without-secrets"

// UnmarshalStrict implements strictyaml.Unmarshaler.
func (c *clean) UnmarshalStrict(file string, n *yaml.Node) strictyaml.Problems {
	return strictyaml.PickAt(file, n, "attributes", c, WithoutSecrets)
}

// attributes is whether what the client sends along looks like something that must not be kept.
func attributes(v *view, _ clean) judgement {
	j := judgement{met: true, want: "attributes without secrets and card data"}
	for _, r := range v.of(Reserve) {
		var body struct {
			Attributes any `json:"attributes"`
		}
		if json.Unmarshal([]byte(r.RequestBody), &body) != nil {
			continue
		}
		if what := secret("attributes", body.Attributes); what != "" {
			j.met, j.final = false, true
			j.got = "sent " + what
		}
	}
	return j
}

// secretNames are members whose value is no one else's business, whatever it is.
var secretNames = []string{"password", "passwd", "secret", "cvv", "cvc", "cvv2", "card_number", "cardnumber", "pan", "api_key", "apikey", "access_token", "private_key"}

// secret says what of a value looks like a secret, and where it stands; "" for nothing.
func secret(at string, value any) string {
	switch v := value.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			inner := at + "." + name
			if slices.Contains(secretNames, strings.ToLower(strings.ReplaceAll(name, "-", "_"))) && v[name] != nil && v[name] != "" {
				return inner + ", which by its name is a secret"
			}
			if s := secret(inner, v[name]); s != "" {
				return s
			}
		}
	case []any:
		for i, item := range v {
			if s := secret(fmt.Sprintf("%s[%d]", at, i), item); s != "" {
				return s
			}
		}
	case string:
		return secretText(at, v)
	case float64:
		if v >= 1e12 && v < 1e19 {
			return secretText(at, fmt.Sprintf("%.0f", v))
		}
	}
	return ""
}

func secretText(at, text string) string {
	switch {
	case isCard(text):
		return at + ", which looks like the number of a payment card"
	case strings.HasPrefix(text, "Bearer "), strings.HasPrefix(text, "Basic "), strings.Contains(text, "-----BEGIN "):
		return at + ", which looks like a key"
	}
	return ""
}

// isCard reports whether text is a number that a payment card may have: 13 to 19 digits that begin as cards do, with the
// right check digit (ISO/IEC 7812).
func isCard(text string) bool {
	digits := strings.NewReplacer(" ", "", "-", "").Replace(text)
	if len(digits) < 13 || len(digits) > 19 || strings.Trim(digits, "0123456789") != "" || !strings.ContainsRune("23456", rune(digits[0])) {
		return false
	}
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}
