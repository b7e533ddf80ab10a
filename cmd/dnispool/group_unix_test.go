//go:build unix

package main

import (
	"fmt"
	"os/exec"
	"syscall"
)

// inGroup returns an error when a process of the group is left.
func inGroup(group int) error {
	if err := syscall.Kill(-group, 0); err != syscall.ESRCH {
		return fmt.Errorf("a process is left: %v", err)
	}
	return nil
}

// ownGroup gives a command and its children a process group of their own.
func ownGroup(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
