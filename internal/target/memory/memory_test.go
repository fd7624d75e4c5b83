package memory_test

import (
	"testing"

	"ssosync/internal/target/memory"
	"ssosync/internal/target/targettest"
)

func TestTarget(t *testing.T) {
	targettest.Run(t, func(*testing.T) targettest.Target { return &memory.Target{} })
}
