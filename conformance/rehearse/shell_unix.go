//go:build unix

package rehearse

import (
	"context"
	"os/exec"
	"syscall"
)

// shell runs a command in a process group of its own, which ends with ctx.
func shell(ctx context.Context, command string) *exec.Cmd {
	c := exec.CommandContext(ctx, "sh", "-c", command)
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGTERM) }
	return c
}
