package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/record"
)

// tellTimeout is how long a recorder may take to answer a line.
const tellTimeout = 5 * time.Second

func newRecordCallFlags(call *record.Call, to *string) *flags {
	f := newFlags("record call", `--to HOST:PORT --number N --dialled T [flags]

Tells a recorder about one call, all at once or a part of it at a time with --call-id. It returns when the recorder has
taken note. A time is RFC 3339, as date --iso-8601=ns writes it, or the word now.`)
	f.StringVar(to, "to", "", "`place` of the recorder: what its --calls says")
	f.StringVar(&call.CallID, "call-id", "", "the call's `id`: the platform's where you know it, else any")
	f.StringVar(&call.Number, "number", "", "the `number` dialled, as the reservation's reply has it")
	f.StringVar(&call.Dialled, "dialled", "", "`time` before the INVITE was sent")
	f.StringVar(&call.Arrived, "arrived", "", "`time` when the first 18x or 2xx was there")
	f.StringVar(&call.Ended, "ended", "", "`time` of the BYE, or of the final response that refused the call")
	f.StringVar(&call.EndedBy, "ended-by", "", "who ended it: `platform`, caller or carrier")
	f.IntVar(&call.Status, "status", 0, "SIP `status`; 300 and above refuse the call")
	f.StringVar(&call.Nonce, "nonce", "", "`nonce` of the reservation that the call is for")
	f.StringVar(&call.SharedID, "shared-id", "", "shared_id of that reservation, as `id`")
	f.StringVar(&call.Project, "project", "", "the project's `name`")
	f.StringVar(&call.Client, "client", "", "the client's `name`")
	f.StringVar(&call.Generator, "generator", "", "`name` of the host whose clock the times are of, when it is not the recorder's")
	return f
}

func runRecordCall(ctx context.Context, e env) int {
	var call record.Call
	var to string
	f := newRecordCallFlags(&call, &to)
	rest, code, done := f.parse(e)
	if done {
		return code
	}
	if len(rest) > 0 || to == "" {
		return refuse(e, fmt.Errorf("record call: want --to and other flags only, got --to %q and %q; try %s record call --help", to, rest, tool))
	}
	if err := tell(ctx, to, call); err != nil {
		return refuse(e, fmt.Errorf("record call: %w", err))
	}
	return finding.ExitConformant
}

// tell sends one line and waits for its answer.
func tell(ctx context.Context, to string, call record.Call) error {
	network := "tcp"
	if strings.Contains(to, "/") {
		network = "unix"
	}
	ctx, cancel := context.WithTimeout(ctx, tellTimeout)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, network, to)
	if err != nil {
		return fmt.Errorf("--to: %w", err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	line, err := json.Marshal(call)
	if err != nil {
		return err
	}
	if _, err := conn.Write(append(line, '\n')); err != nil {
		return err
	}
	answer, err := bufio.NewReader(io.LimitReader(conn, 64<<10)).ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("want an answer of the recorder: %w", err)
	}
	var said struct {
		OK    bool   `json:"ok"`
		Error string `json:"error"`
	}
	if err := json.Unmarshal(answer, &said); err != nil {
		return fmt.Errorf("want an answer of a recorder, got %.80q", answer)
	}
	if !said.OK {
		return errors.New(strings.TrimPrefix(said.Error, "call: "))
	}
	return nil
}
