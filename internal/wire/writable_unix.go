//go:build linux || darwin

package wire

import "syscall"

// accessWrite is W_OK and X_OK of access(2): to make files in a directory takes both.
const accessWrite = 0x2 | 0x1

// writable asks the system, and makes nothing.
func writable(dir string) error { return syscall.Access(dir, accessWrite) }
