//go:build unix

package procgroup

import (
	"os/exec"
	"syscall"
)

// Own gives a command that has not started a process group of its own.
func Own(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// Terminate asks everything in the group of a command, which has started, to end (SIGTERM).
func Terminate(c *exec.Cmd) error { return syscall.Kill(-c.Process.Pid, syscall.SIGTERM) }

// Kill ends everything in the group of a command, which has started.
func Kill(c *exec.Cmd) error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
