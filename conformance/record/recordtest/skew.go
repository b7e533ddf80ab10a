package recordtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/dnispool/dnispool/conformance/history"
)

// shift makes a history that of a host whose clock is ahead by so much: its base is what that clock would have said.
func shift(path string, ahead time.Duration) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	head, rest, found := bytes.Cut(text, []byte("\n"))
	var h history.Header
	if err := json.Unmarshal(head, &h); err != nil || !found {
		return fmt.Errorf("%s: want a header: %w", path, err)
	}
	h.Base = h.Base.Add(ahead)
	if head, err = json.Marshal(h); err != nil {
		return err
	}
	return os.WriteFile(path, append(append(head, '\n'), rest...), 0o644)
}
