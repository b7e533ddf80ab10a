//go:build !unix

package procgroup

import "os/exec"

// Own does nothing: there are no process groups.
func Own(*exec.Cmd) {}

// Terminate ends a command, which has started.
func Terminate(c *exec.Cmd) error { return c.Process.Kill() }

// Kill ends a command, which has started.
func Kill(c *exec.Cmd) error { return c.Process.Kill() }
