//go:build unix

package cloud

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// A server is a program that we did not write, and the tests cannot do without.
type server struct {
	name    string
	install string // how to get it, in the directory of the repository
}

var (
	s3Gateway = server{"versitygw", `GOBIN="$PWD/.tools" go install github.com/versity/versitygw/cmd/versitygw@v1.8.0`}
	runtime   = server{"aws-lambda-rie", `GOBIN="$PWD/.tools" go install github.com/aws/aws-lambda-runtime-interface-emulator/cmd/aws-lambda-rie@v0.0.0-20261030222936-bef5c4ba774d`}
	moto      = server{"moto_server", `python3 -m venv .tools/python && .tools/python/bin/pip install -r integration/deploy/requirements.txt`}
)

// path is where the server is: where .ci/run puts it, or on the path.
func (s server) path() (string, error) {
	for _, dir := range []string{".tools", ".tools/python/bin"} {
		path, err := filepath.Abs(filepath.Join(root, dir, s.name))
		if err != nil {
			return "", err
		}
		if _, err = os.Stat(path); err == nil {
			return path, nil
		}
	}
	path, err := exec.LookPath(s.name)
	if err != nil {
		return "", fmt.Errorf("%s is missing; install it: %s", s.name, s.install)
	}
	return path, nil
}

// launch runs the server for a test.
func (s server) launch(t *testing.T, dir string, environ []string, args ...string) *process {
	t.Helper()
	path, err := s.path()
	must(t, err)
	return launch(t, dir, environ, path, args...)
}

// address is one on this machine where nobody listens yet, for servers that
// cannot tell which one they chose.
func address(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	must(t, l.Close())
	return l.Addr().String()
}

// answers waits until somebody listens at an address.
func answers(t *testing.T, p *process, address string) {
	t.Helper()
	eventually(t, "somebody listens at "+address, func() bool {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			return false
		}
		return conn.Close() == nil
	})
	if p.ProcessState != nil {
		t.Fatalf("%s has ended:\n%s%s", p.Path, &p.out, &p.err)
	}
}
