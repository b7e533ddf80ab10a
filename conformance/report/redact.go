package report

import (
	"cmp"
	"encoding/json"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dnispool/dnispool/conformance/finding"
)

// Mask stands where a secret was.
const Mask = "***"

// secretHeaders are the HTTP headers whose value is a secret, in lower case.
var secretHeaders = []string{
	"authorization", "proxy-authorization", "cookie", "set-cookie",
	"x-api-key", "x-auth-token", "x-polyai-auth-token",
}

// secretFields are the names of configuration fields under which every value is a secret.
var secretFields = []string{
	"api_key", "auth_token", "dni_key", "dni_keys", "handoff_key", "handoff_keys", "keys", "password", "secret", "secrets",
}

// Literals shorter than shortest are not looked for: they would hit everything. Those shorter than anywhere are
// replaced only where they stand alone, so that the key "test" leaves "latest" readable.
const (
	shortest = 4
	anywhere = 8
)

// Redactor hides secrets: the values of known headers, the values of known configuration fields, and any secret
// value that it was given or has seen under such a name, wherever it appears: a key that is sent in its header and in a
// path is hidden in both. Names are compared whole (headers without regard to case), so
// handoff_state, state_keys and token_count stay readable. The nil Redactor knows the names and no values. A
// Redactor is immutable, and redacting twice is the same as redacting once.
type Redactor struct {
	secrets []string
	long    *strings.Replacer
	short   []string
	known   func(number string) bool // nil: every number may be shown
}

// OnlyNumbers returns a Redactor that also hides most of each phone number that is not known: a report about somebody's
// platform may be forwarded, and a number that it shows by chance is somebody's. One with a plus is international, one without
// may be written as it is dialled somewhere.
func (r *Redactor) OnlyNumbers(known func(number string) bool) *Redactor {
	out := NewRedactor()
	if r != nil {
		out = NewRedactor(r.secrets...)
	}
	out.known = known
	return out
}

// phoneNumber finds a number in international form, which a URL may write with %2B.
var phoneNumber = regexp.MustCompile(`(?:\+|%2[Bb])[1-9][0-9]{6,14}\b`)

// bareNumber finds one without a plus where little else can stand: as the user of a SIP or tel URI, and as a whole text of JSON.
var bareNumber = regexp.MustCompile(`(?i)(\b(?:sips?|tel):)([0-9]{7,15})([@;>]|$)|(")([0-9]{10,15})(")`)

// shownOfNumber is how much of a number is left: the + and the country, or most of it.
const shownOfNumber = 3

func (r *Redactor) numbers(s string) string {
	if r == nil || r.known == nil {
		return s
	}
	s = bareNumber.ReplaceAllStringFunc(s, func(n string) string {
		m := bareNumber.FindStringSubmatch(n)
		before, digits, after := m[1]+m[4], m[2]+m[5], m[3]+m[6]
		if r.known(digits) {
			return n
		}
		return before + digits[:shownOfNumber-1] + Mask + after
	})
	return phoneNumber.ReplaceAllStringFunc(s, func(n string) string {
		plain := "+" + strings.TrimLeft(strings.TrimPrefix(strings.TrimPrefix(n, "%2B"), "%2b"), "+")
		if r.known(plain) {
			return n
		}
		return plain[:shownOfNumber] + Mask
	})
}

// NewRedactor returns a Redactor that also hides these values. Each is hidden in its plain form and as it looks
// inside JSON and inside a URL. Values of fewer than 4 bytes are hidden by header and field name only.
func NewRedactor(secrets ...string) *Redactor {
	var forms []string
	for _, s := range secrets {
		forms = append(forms, s, jsonForm(s, true), jsonForm(s, false), url.QueryEscape(s), url.PathEscape(s))
	}
	forms = slices.DeleteFunc(forms, func(s string) bool { return len(s) < shortest || strings.Trim(s, "*") == "" })
	// The longest first: a secret may begin with another one.
	slices.SortFunc(forms, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	forms = slices.Compact(forms)

	r := &Redactor{secrets: secrets}
	var pairs []string
	for _, s := range forms {
		if len(s) >= anywhere {
			pairs = append(pairs, s, Mask)
		} else {
			r.short = append(r.short, s)
		}
	}
	r.long = strings.NewReplacer(pairs...)
	return r
}

func jsonForm(s string, escapeHTML bool) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(escapeHTML)
	if enc.Encode(s) != nil {
		return s
	}
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(b.String()), `"`), `"`)
}

// Run returns a copy of the run without secrets.
func (r *Redactor) Run(run finding.Run) finding.Run { return copyOf(run, r) }

// Result returns a copy of the result without secrets.
func (r *Redactor) Result(res finding.Result) finding.Result { return copyOf(res, r) }

// urlPassword finds the password in scheme://user:password@host.
var urlPassword = regexp.MustCompile(`(://[^\s/?#"'@:]*:)[^\s/?#"']+@`)

// bearer finds a token as it stands in an Authorization header, wherever that is repeated.
var bearer = regexp.MustCompile(`\bBearer [A-Za-z0-9._~+/=-]{6,}`)

// Text replaces every known secret value in s by Mask, every token behind Bearer, and every password before the host of a URL.
func (r *Redactor) Text(s string) string {
	if r != nil && r.long != nil {
		s = r.long.Replace(s)
		for _, secret := range r.short {
			s = replaceAlone(s, secret)
		}
	}
	s = r.numbers(s)
	if strings.Contains(s, "Bearer ") {
		s = bearer.ReplaceAllString(s, "Bearer "+Mask)
	}
	if !strings.Contains(s, "://") {
		return s
	}
	return urlPassword.ReplaceAllString(s, "${1}"+Mask+"@")
}

// Header hides the value when the name is that of a secret. An empty value stays empty: that no key was sent is
// no secret, and often the fault that is looked for.
func (r *Redactor) Header(h finding.Header) finding.Header {
	secret := slices.Contains(secretHeaders, strings.ToLower(strings.TrimSpace(h.Name)))
	if secret && strings.TrimSpace(h.Value) != "" {
		return finding.Header{Name: h.Name, Value: Mask}
	}
	return finding.Header{Name: r.Text(h.Name), Value: r.Text(h.Value)}
}

// replaceAlone replaces word in s where no letter or digit touches it.
func replaceAlone(s, word string) string {
	var b strings.Builder
	from := 0 // start of what is not yet written
	for at := 0; ; {
		i := strings.Index(s[at:], word)
		if i < 0 {
			b.WriteString(s[from:])
			return b.String()
		}
		start, end := at+i, at+i+len(word)
		before, _ := utf8.DecodeLastRuneInString(s[:start])
		after, _ := utf8.DecodeRuneInString(s[end:])
		if wordRune(before) || wordRune(after) {
			at = start + 1
			continue
		}
		b.WriteString(s[from:start])
		b.WriteString(Mask)
		from, at = end, end
	}
}

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// failure moves the caret: hiding a secret on the caret's line changes the columns after it.
func (r *Redactor) failure(f finding.Failure) finding.Failure {
	i := slices.IndexFunc(f.Source, func(l finding.SourceLine) bool { return l.Line == f.Line })
	if i < 0 || f.Column < 1 {
		return f
	}
	text := []rune(f.Source[i].Text)
	start := min(f.Column-1, len(text))
	end := min(start+max(f.Width, 1), len(text))
	before, value, after := r.Text(string(text[:start])), r.Text(string(text[start:end])), r.Text(string(text[end:]))
	switch whole := r.Text(string(text)); {
	case whole == string(text):
		return f
	case before+value+after != whole: // the secret crosses the value's edge: no place is left to point at
		f.Column, f.Width = 0, 0
	default:
		f.Column = utf8.RuneCountInString(before) + 1
		f.Width = utf8.RuneCountInString(value)
	}
	return f
}

// copyOf walks v by reflection, so that a field added later cannot be forgotten.
func copyOf[T any](v T, r *Redactor) T {
	var seen []string
	secretsOf(reflect.ValueOf(v), &seen)
	r = r.with(seen)
	out := reflect.New(reflect.TypeFor[T]()).Elem()
	r.copy(out, reflect.ValueOf(v))
	return out.Interface().(T)
}

// secretsOf adds the values of secret headers in v to seen. Shorter ones than anywhere are left out: a wrong key that
// a scenario makes up may be a word, and words are needed to read a report.
func secretsOf(v reflect.Value, seen *[]string) {
	if h, ok := v.Interface().(finding.Header); ok {
		if !slices.Contains(secretHeaders, strings.ToLower(strings.TrimSpace(h.Name))) {
			return
		}
		_, credentials, _ := strings.Cut(h.Value, " ") // after a scheme like Bearer
		for _, s := range []string{h.Value, credentials} {
			if s = strings.TrimSpace(s); len(s) >= anywhere {
				*seen = append(*seen, s)
			}
		}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				secretsOf(v.Field(i), seen)
			}
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return
		}
		for i := range v.Len() {
			secretsOf(v.Index(i), seen)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			secretsOf(v.Elem(), seen)
		}
	}
}

// with returns a Redactor that hides more values.
func (r *Redactor) with(secrets []string) *Redactor {
	if len(secrets) == 0 {
		return r
	}
	if r != nil {
		secrets = append(secrets, r.secrets...)
	}
	out := NewRedactor(secrets...)
	if r != nil {
		out.known = r.known
	}
	return out
}

func (r *Redactor) copy(to, from reflect.Value) {
	switch v := from.Interface().(type) {
	case finding.Header:
		to.Set(reflect.ValueOf(r.Header(v)))
		return
	case json.RawMessage:
		to.Set(reflect.ValueOf(r.Config(v)))
		return
	case finding.Failure:
		from = reflect.ValueOf(r.failure(v))
	case string:
		to.SetString(r.Text(v))
		return
	}
	switch from.Kind() {
	case reflect.Struct:
		to.Set(from) // unexported parts of time.Time
		for i := range from.NumField() {
			if from.Type().Field(i).IsExported() {
				r.copy(to.Field(i), from.Field(i))
			}
		}
	case reflect.Slice:
		if from.IsNil() {
			return
		}
		to.Set(reflect.MakeSlice(from.Type(), from.Len(), from.Len()))
		for i := range from.Len() {
			r.copy(to.Index(i), from.Index(i))
		}
	case reflect.Pointer:
		if from.IsNil() {
			return
		}
		to.Set(reflect.New(from.Type().Elem()))
		r.copy(to.Elem(), from.Elem())
	default:
		to.Set(from)
	}
}
