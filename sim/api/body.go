package api

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"strconv"
)

// readBody returns the whole body. It is the caller's for good.
func (x *exchange) readBody() ([]byte, *problem) {
	declared := x.r.ContentLength // -1 when it is not
	if declared > int64(x.c.MaxBody) {
		return nil, x.oversize()
	}
	if declared == 0 || x.r.Body == nil {
		return nil, nil
	}
	// What a client declares is not what it sends: large bodies get their memory as they come.
	const trusted = 16 << 10
	size := trusted / 16
	if 0 < declared && declared <= trusted {
		size = int(declared)
	}
	body, err := readAll(x.r.Body, make([]byte, 0, size), x.c.MaxBody)
	switch {
	case err == nil && len(body) > x.c.MaxBody:
		return nil, x.oversize()
	case err == nil && declared > 0 && int64(len(body)) < declared: // net/http says so itself; a proxy of it may not
		err = io.ErrUnexpectedEOF
	case err == nil:
		return body, nil
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, &problem{status: 408, err: err, hangUp: true, message: "body: want it within " + x.c.ReadTimeout.String()}
	}
	return nil, &problem{status: 400, err: err, hangUp: true, message: "body: ended after " + strconv.Itoa(len(body)) + " bytes, before it was complete"}
}

// readAll reads r to its end, or until it has read more than limit, appending to body.
func readAll(r io.Reader, body []byte, limit int) ([]byte, error) {
	for {
		if len(body) > limit {
			return body, nil
		}
		if len(body) == cap(body) {
			body = append(body, 0)[:len(body)]
		}
		n, err := r.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		if errors.Is(err, io.EOF) {
			return body, nil
		}
		if err != nil {
			return body, err
		}
	}
}

// unpack undoes gzip. A small body that unpacks to a large one is as large as that.
func (x *exchange) unpack(body []byte) ([]byte, *problem) {
	r, err := gzip.NewReader(bytes.NewReader(body))
	if err == nil {
		body, err = readAll(r, nil, x.c.MaxBody)
	}
	switch {
	case err != nil:
		return nil, &problem{status: 400, err: err, message: "body: want gzip, as the Content-Encoding says"}
	case len(body) > x.c.MaxBody:
		return nil, x.oversize()
	}
	return body, nil
}

// wanted names what a body may be compressed with.
func (c ContentEncoding) wanted() string {
	if c == Gzip {
		return "gzip or none"
	}
	return "none"
}

func (x *exchange) oversize() *problem {
	return &problem{status: x.c.OversizeStatus, hangUp: true, message: "body: want at most " + strconv.Itoa(x.c.MaxBody) + " bytes, got more"}
}
