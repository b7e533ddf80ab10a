package report

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
)

// Config hides the secrets in a configuration written as JSON: by field name, and known values anywhere. The order
// of the fields and the text of the numbers are kept. What is not JSON is returned as a JSON string, so that the
// document around it stays valid. Empty stays empty.
func (r *Redactor) Config(raw json.RawMessage) json.RawMessage {
	if len(bytes.TrimSpace(raw)) == 0 {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var out bytes.Buffer
	err := r.value(dec, &out, false)
	if err == nil {
		_, err = dec.Token()
	}
	if err != io.EOF { // broken, or a second value
		return appendJSON(nil, r.Text(string(raw)))
	}
	return out.Bytes()
}

// value copies the next value. With hide, every text and number in it is a secret.
func (r *Redactor) value(dec *json.Decoder, out *bytes.Buffer, hide bool) error {
	tok, err := dec.Token()
	if err != nil {
		return unexpected(err)
	}
	switch t := tok.(type) {
	case json.Delim:
		return r.composite(dec, out, t, hide)
	case string:
		if hide && t != "" {
			t = Mask
		}
		out.Write(appendJSON(nil, r.Text(t)))
	case json.Number:
		if hide {
			out.WriteString(`"` + Mask + `"`)
			return nil
		}
		out.WriteString(t.String())
	default:
		out.Write(appendJSON(nil, t))
	}
	return nil
}

func (r *Redactor) composite(dec *json.Decoder, out *bytes.Buffer, open json.Delim, hide bool) error {
	out.WriteRune(rune(open))
	for first := true; dec.More(); first = false {
		if !first {
			out.WriteByte(',')
		}
		hideThis := hide
		if open == '{' {
			tok, err := dec.Token()
			if err != nil {
				return unexpected(err)
			}
			name, _ := tok.(string) // the decoder allows nothing else
			hideThis = hide || slices.Contains(secretFields, name)
			out.Write(appendJSON(nil, r.Text(name)))
			out.WriteByte(':')
		}
		if err := r.value(dec, out, hideThis); err != nil {
			return err
		}
	}
	end, err := dec.Token()
	if err != nil {
		return unexpected(err)
	}
	delim, _ := end.(json.Delim)
	out.WriteRune(rune(delim))
	return nil
}

// unexpected keeps an end inside a value apart from the end after it.
func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

func appendJSON(to []byte, v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil { // strings, booleans and null always encode
		return append(to, `""`...)
	}
	return append(to, bytes.TrimSpace(b.Bytes())...)
}
