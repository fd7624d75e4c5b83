package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) { testscript.Main(m, map[string]func(){"ssosync": main}) }

// What the process is given reaches the commands, and their exit code leaves it.
func TestProcess(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata"})
}
