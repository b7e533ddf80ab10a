//go:build !unix

package adk

import (
	"context"
	"encoding/json"
	"errors"
	"runtime"
	"time"

	"github.com/dnispool/dnispool/sim/conversation"
)

// host and process are for systems that can fork.
type (
	host    struct{ said *tail }
	process struct{}
)

func find(string) (string, error) {
	return "", errors.New("python: want a system that can fork, as Linux or macOS, to run an ADK project, got " + runtime.GOOS)
}

func start(context.Context, string, json.RawMessage, any) (*host, []conversation.Note, error) {
	_, err := find("")
	return nil, nil, err
}

func (*host) ask(context.Context, json.RawMessage, []int, time.Duration, any) ([]conversation.Note, error) {
	return nil, errors.ErrUnsupported
}
func (*host) gone() bool              { return true }
func (*host) close()                  {}
func (*host) fork() (*process, error) { return nil, errors.ErrUnsupported }
func (*process) stop() string         { return "" }
func (*process) ask(context.Context, json.RawMessage, time.Duration) (reply, error) {
	return reply{}, errors.ErrUnsupported
}
