//go:build unix

package cloud

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// root is the repository, from here.
const root = "../.."

var (
	// program and function are the paths of ssosync and of the Lambda function:
	// those to test, such as a release, or those that are built once for all tests.
	program, function string
	// scratch is where everything is written. It stays until the last test has
	// ended, so that it can be searched for secrets.
	scratch string
)

func TestMain(m *testing.M) {
	flag.StringVar(&program, "ssosync", "", "`path` of the program to test; empty builds it")
	flag.StringVar(&function, "bootstrap", "", "`path` of the Lambda function to test; empty builds it")
	flag.Parse()
	os.Exit(run(m))
}

func run(m *testing.M) int {
	if err := prepare(); err != nil {
		fmt.Fprintln(os.Stderr, "prepare the tests:", err)
		return 1
	}
	defer os.RemoveAll(scratch)
	defer amazon.stop()
	code := m.Run()
	found, texts, err := secrets.leaks(scratch)
	if err != nil {
		fmt.Fprintln(os.Stderr, "search for secrets:", err)
		return 1
	}
	fmt.Printf("searched %d texts and files for %d secrets\n", texts, len(secrets.given))
	if len(found) > 0 {
		fmt.Fprintln(os.Stderr, "FAIL: secrets are in\n\t"+strings.Join(found, "\n\t"))
		return 1
	}
	return code
}

func prepare() (err error) {
	if scratch, err = os.MkdirTemp("", "ssosync-cloud-"); err != nil {
		return err
	}
	secrets.spare(filepath.Join(scratch, "bin"))
	if program, err = built(program, "./cmd/ssosync"); err != nil {
		return err
	}
	function, err = built(function, "./cmd/ssosync-lambda")
	return err
}

// built returns the absolute path of a program, built as a release is if there
// is none.
func built(path, pkg string) (string, error) {
	if path != "" {
		return filepath.Abs(path)
	}
	path = filepath.Join(scratch, "bin", filepath.Base(pkg))
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-tags=lambda.norpc", "-o", path, pkg)
	build.Dir, build.Stderr, build.Env = root, os.Stderr, append(os.Environ(), "CGO_ENABLED=0")
	return path, build.Run()
}

// directory makes one for a test, of which everything is searched for secrets.
func directory(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp(scratch, strings.ReplaceAll(t.Name(), "/", "-")+"-") //nolint:usetesting // It is searched once the test has ended.
	must(t, err)
	return dir
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// patience is for what takes seconds, on a machine that is very busy.
const patience = time.Minute

// eventually waits for what another process does.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited %v in vain until %s", patience, what)
		}
	}
}
