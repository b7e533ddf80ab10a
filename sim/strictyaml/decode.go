package strictyaml

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Unmarshaler is a type that reads itself from YAML. It is asked before anything else and
// sees every node, null included.
type Unmarshaler interface {
	UnmarshalStrict(file string, n *yaml.Node) Problems
}

// Decode sets what into points to from n and returns every problem it finds. Only the keys
// that are present are set, so into may hold defaults.
//
// Struct fields take part when they have a `yaml:"name"` tag; those of an embedded struct as if they were the outer one's. A type is read by, in this
// order: Unmarshaler, its own rule (yaml.Node, json.RawMessage, time.Duration),
// encoding.TextUnmarshaler (whose error is the message), its kind. A message of an
// Unmarshaler that starts with "want " gets the key in front. An unquoted number or
// boolean is not text. A null is a problem except for any, yaml.Node and json.RawMessage.
func Decode(file string, n *yaml.Node, into any) Problems {
	return DecodeKey(file, "", n, into)
}

// DecodeSeveral reads a list, or one item that stands alone for a list of it. Each is validated where it stands.
func DecodeSeveral[T any](file string, n *yaml.Node, validate func(T) error) ([]T, Problems) {
	nodes := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		nodes = n.Content
	}
	var problems Problems
	read := make([]T, len(nodes))
	for i, node := range nodes {
		ps := Decode(file, node, &read[i])
		if err := validate(read[i]); err != nil && len(ps) == 0 {
			ps = append(ps, At(file, node, "%v", err))
		}
		problems = append(problems, ps...)
	}
	return read, problems
}

// DecodeKey is Decode for the value of a key, which the messages then name.
func DecodeKey(file, key string, n *yaml.Node, into any) Problems {
	v := reflect.ValueOf(into)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return Problems{At(file, n, "decode: want a pointer, got %T", into)}
	}
	if n == nil {
		return Problems{At(file, n, "file: want a value, got nothing")}
	}
	d := decoder{file: file}
	d.value(n, v.Elem(), key)
	d.ps.Sort()
	return d.ps
}

type decoder struct {
	file string
	ps   Problems
}

var (
	durationType   = reflect.TypeFor[time.Duration]()
	nodeType       = reflect.TypeFor[yaml.Node]()
	rawMessageType = reflect.TypeFor[json.RawMessage]()
)

// value reads n into v. name is the key that n belongs to, for messages.
func (d *decoder) value(n *yaml.Node, v reflect.Value, name string) {
	if d.special(n, v, name) {
		return
	}
	if IsNull(n) {
		d.want(n, name, kindOf(v.Type()))
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		d.pointer(n, v, name)
	case reflect.Struct:
		d.structure(n, v, name)
	case reflect.Map:
		d.mapping(n, v, name)
	case reflect.Slice:
		d.list(n, v, name)
	default:
		d.scalar(n, v, name)
	}
}

// special handles the types that read themselves or that have a rule of their own.
func (d *decoder) special(n *yaml.Node, v reflect.Value, name string) bool {
	if u, ok := v.Addr().Interface().(Unmarshaler); ok {
		d.custom(n, u, name)
		return true
	}
	switch {
	case v.Type() == nodeType:
		v.Set(reflect.ValueOf(*n))
	case v.Type() == reflect.PointerTo(nodeType):
		v.Set(reflect.ValueOf(n))
	case v.Type() == rawMessageType:
		d.raw(n, v)
	case v.Kind() == reflect.Interface && v.NumMethod() == 0:
		d.any(n, v)
	case v.Type() == durationType:
		d.duration(n, v, name)
	default:
		return d.text(n, v)
	}
	return true
}

// custom names the key in front of a message that does not start with a noun of its own:
// a type that reads itself does not know which key it stands under.
func (d *decoder) custom(n *yaml.Node, u Unmarshaler, name string) {
	for _, p := range u.UnmarshalStrict(d.file, n) {
		if strings.HasPrefix(p.Message, "want ") {
			p.Message = prefix(name) + p.Message
		}
		d.ps = append(d.ps, p)
	}
}

func (d *decoder) raw(n *yaml.Node, v reflect.Value) {
	raw, ps := JSON(d.file, n)
	d.ps = append(d.ps, ps...)
	if len(ps) == 0 {
		v.SetBytes(raw)
	}
}

func (d *decoder) any(n *yaml.Node, v reflect.Value) {
	raw, ps := JSON(d.file, n)
	d.ps = append(d.ps, ps...)
	if len(ps) > 0 {
		return
	}
	var value any
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		d.problem(n, "value: %v", err)
		return
	}
	if value == nil {
		v.SetZero()
		return
	}
	v.Set(reflect.ValueOf(value))
}

func (d *decoder) duration(n *yaml.Node, v reflect.Value, name string) {
	if isText(n) {
		if parsed, err := time.ParseDuration(n.Value); err == nil {
			v.SetInt(int64(parsed))
			return
		}
	}
	d.want(n, name, "a duration like 120s")
}

func (d *decoder) text(n *yaml.Node, v reflect.Value) bool {
	u, ok := v.Addr().Interface().(encoding.TextUnmarshaler)
	if !ok || n.Kind != yaml.ScalarNode || IsNull(n) {
		return false
	}
	if err := u.UnmarshalText([]byte(n.Value)); err != nil {
		d.problem(n, "%v", err)
	}
	return true
}

// pointer copies what v points to before it changes it: a default may be shared.
func (d *decoder) pointer(n *yaml.Node, v reflect.Value, name string) {
	fresh := reflect.New(v.Type().Elem())
	if !v.IsNil() {
		fresh.Elem().Set(v.Elem())
	}
	d.value(n, fresh.Elem(), name)
	v.Set(fresh)
}

func (d *decoder) structure(n *yaml.Node, v reflect.Value, name string) {
	if n.Kind != yaml.MappingNode {
		d.want(n, name, "a mapping")
		return
	}
	fields := fieldsOf(v.Type())
	for key, value := range Pairs(n) {
		index, known := fields[key.Value]
		if !known || key.Kind != yaml.ScalarNode {
			d.ps = append(d.ps, UnknownKey(d.file, key, name, slices.Sorted(maps.Keys(fields))))
			continue
		}
		d.value(value, v.FieldByIndex(index), key.Value)
	}
}

// fieldsOf finds the fields by their keys. The fields of an embedded struct count as the outer one's.
func fieldsOf(t reflect.Type) map[string][]int {
	fields := make(map[string][]int, t.NumField())
	for _, f := range reflect.VisibleFields(t) {
		tag, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if tag != "" && tag != "-" && f.IsExported() {
			fields[tag] = f.Index
		}
	}
	return fields
}

// mapping copies the map before it changes it: a default may be shared.
func (d *decoder) mapping(n *yaml.Node, v reflect.Value, name string) {
	if v.Type().Key().Kind() != reflect.String {
		d.problem(n, "decode: %s is not a type for YAML", v.Type())
		return
	}
	if n.Kind != yaml.MappingNode {
		d.want(n, name, "a mapping")
		return
	}
	fresh := reflect.MakeMap(v.Type())
	for _, key := range v.MapKeys() {
		fresh.SetMapIndex(key, v.MapIndex(key))
	}
	for key, value := range Pairs(n) {
		if !isText(key) {
			d.problem(key, "key: want text, got %s; %s", Got(key), quoteIt(key))
			continue
		}
		k := reflect.ValueOf(key.Value).Convert(v.Type().Key())
		item := reflect.New(v.Type().Elem()).Elem()
		if old := fresh.MapIndex(k); old.IsValid() {
			item.Set(old)
		}
		d.value(value, item, key.Value)
		fresh.SetMapIndex(k, item)
	}
	v.Set(fresh)
}

func (d *decoder) list(n *yaml.Node, v reflect.Value, name string) {
	if n.Kind != yaml.SequenceNode {
		d.want(n, name, "a list")
		return
	}
	fresh := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
	for i, item := range n.Content {
		d.value(item, fresh.Index(i), fmt.Sprintf("%s[%d]", name, i))
	}
	v.Set(fresh)
}

func (d *decoder) scalar(n *yaml.Node, v reflect.Value, name string) {
	switch v.Kind() {
	case reflect.String:
		d.string(n, v, name)
	case reflect.Bool:
		if !isBool(n) {
			d.want(n, name, "true or false")
			return
		}
		v.SetBool(strings.EqualFold(n.Value, "true"))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		i, err := strconv.ParseInt(n.Value, 10, v.Type().Bits())
		if !isNumber(n) || !integerText.MatchString(n.Value) || err != nil {
			d.want(n, name, kindOf(v.Type()))
			return
		}
		v.SetInt(i)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		u, err := strconv.ParseUint(n.Value, 10, v.Type().Bits())
		if !isNumber(n) || !integerText.MatchString(n.Value) || err != nil {
			d.want(n, name, kindOf(v.Type()))
			return
		}
		v.SetUint(u)
	case reflect.Float32, reflect.Float64:
		f, err := strconv.ParseFloat(n.Value, v.Type().Bits())
		if !isNumber(n) || !numberText.MatchString(n.Value) || err != nil {
			d.want(n, name, "a number")
			return
		}
		v.SetFloat(f)
	default:
		d.problem(n, "decode: %s is not a type for YAML", v.Type())
	}
}

func (d *decoder) string(n *yaml.Node, v reflect.Value, name string) {
	switch {
	case v.Type() == reflect.TypeFor[json.Number]() && isNumber(n) && numberText.MatchString(n.Value):
		v.SetString(n.Value)
	case v.Type() == reflect.TypeFor[json.Number]():
		d.want(n, name, "a number")
	case isText(n):
		v.SetString(n.Value)
	case isNumber(n) || isBool(n):
		d.problem(n, "%swant text, got %s; %s", prefix(name), Got(n), quoteIt(n))
	default:
		d.want(n, name, "text")
	}
}

func (d *decoder) want(n *yaml.Node, name, want string) {
	d.problem(n, "%swant %s, got %s", prefix(name), want, Got(n))
}

func (d *decoder) problem(n *yaml.Node, format string, args ...any) {
	d.ps = append(d.ps, At(d.file, n, format, args...))
}

func prefix(name string) string {
	if name == "" {
		return ""
	}
	return name + ": "
}

// kindOf names what a value of type t looks like in YAML.
func kindOf(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return kindOf(t.Elem())
	case reflect.Struct, reflect.Map:
		return "a mapping"
	case reflect.Slice:
		return "a list"
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true or false"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Int, reflect.Int64:
		return "a whole number"
	case reflect.Uint, reflect.Uint64:
		return "a whole number from 0 up"
	case reflect.Int8, reflect.Int16, reflect.Int32:
		return fmt.Sprintf("a whole number of %d bits", t.Bits())
	case reflect.Uint8, reflect.Uint16, reflect.Uint32:
		return fmt.Sprintf("a whole number from 0 to %d", uint64(1)<<t.Bits()-1)
	default:
		return "a value"
	}
}
