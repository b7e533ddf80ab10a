//go:build !unix

package rehearse

import (
	"context"
	"os/exec"
)

// shell runs a command, which ends with ctx.
func shell(ctx context.Context, command string) *exec.Cmd {
	return exec.CommandContext(ctx, "cmd", "/C", command)
}
