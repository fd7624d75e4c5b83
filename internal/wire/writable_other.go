//go:build !linux && !darwin

package wire

// writable cannot be told here without writing.
func writable(string) error { return nil }
