//go:build unix

package integration

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// seed makes the same company live through the same changes again. When a kill
// hits is up to the machine all the same.
var seed = flag.Uint64("seed", 0, "seed of what happens and when; 0 draws one")

// program is the path of ssosync: the one to test, such as a release, or one
// that is built once for all tests.
var program string

func TestMain(m *testing.M) {
	flag.StringVar(&program, "ssosync", "", "`path` of the program to test; empty builds it")
	flag.Parse()
	if *seed == 0 {
		*seed = rand.Uint64()
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "ssosync-integration-")
	if err == nil {
		defer os.RemoveAll(dir)
		program, err = built(program, dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "find ssosync:", err)
		return 1
	}
	return m.Run()
}

// built returns the absolute path of the program, built into dir if there is
// none.
func built(path, dir string) (string, error) {
	if path != "" {
		return filepath.Abs(path)
	}
	path = filepath.Join(dir, "ssosync")
	build := exec.Command("go", "build", "-o", path, "./cmd/ssosync")
	build.Dir, build.Stderr = "..", os.Stderr
	return path, build.Run()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// eventually waits for what another process does. What it waits for takes a
// fraction of a second; the limit is for machines that are very busy.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	const limit = 30 * time.Second
	for end := time.Now().Add(limit); !done(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited %v in vain until %s", limit, what)
		}
	}
}
