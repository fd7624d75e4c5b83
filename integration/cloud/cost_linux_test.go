package cloud

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// How long a cold start takes: from the start of the process to its first request
// of the runtime API. It is the best of a few, since others use the machine as
// well, and told rather than judged: the bound is for mistakes.
func TestColdStart(t *testing.T) {
	t.Parallel()
	asked := make(chan time.Time, 10)
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/extension/register"): // for a signal before its end
			w.Header().Set("Lambda-Extension-Identifier", "any")
			_, _ = io.WriteString(w, "{}") // who hangs up has lost it
			return
		case strings.HasSuffix(r.URL.Path, "/runtime/invocation/next"):
			asked <- time.Now()
		}
		<-r.Context().Done() // no event comes
	}))
	t.Cleanup(api.Close)
	w := newWorld(t)
	environ := w.with("AWS_LAMBDA_RUNTIME_API="+strings.TrimPrefix(api.URL, "http://"), "AWS_LAMBDA_FUNCTION_NAME=ssosync")
	best := time.Hour
	for range 5 {
		begun := time.Now()
		p := launch(t, w.dir, environ, function)
		secrets.watch("the function", &p.out, &p.err)
		select {
		case at := <-asked:
			best = min(best, at.Sub(begun))
		case <-time.After(patience):
			t.Fatalf("the function does not ask for an event:\n%s%s", &p.out, &p.err)
		}
		p.kill()
	}
	t.Logf("a cold start takes %v", best)
	if best > 2*time.Second {
		t.Errorf("a cold start takes %v", best)
	}
}

// A run without changes for 1,000 people, with state in S3, fits into the smallest
// function (proc(5): VmHWM).
func TestMemory(t *testing.T) {
	t.Parallel()
	w, s := newWorld(t, "--generate", "1000,100,50"), newStore(t)
	environ := append(inTheCloud(w, s), "USER_MATCH=*")
	w.run(environ) // AWS lets it write no faster
	l := newLambda(t, w.dir, append(environ, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=128"))
	for range 3 {
		l.succeeds(scheduled, "Nothing to do (1001 users")
		peak := peak(t, bootstrap(t, l.process.Process.Pid))
		t.Logf("without changes: %d MB", peak>>20)
		if peak > 128<<20 {
			t.Errorf("a run without changes takes %d MB", peak>>20)
		}
	}
}

// bootstrap is the process of the function, the one child of the runtime.
func bootstrap(t *testing.T, runtime int) (pid int) {
	t.Helper()
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", runtime))
	must(t, err)
	for _, list := range lists {
		children, err := os.ReadFile(list)
		must(t, err)
		if _, err := fmt.Sscan(string(children), &pid); err == nil {
			return pid
		}
	}
	t.Fatalf("process %d has no child", runtime)
	return 0
}

// peak is the most memory that a process has had, in bytes.
func peak(t *testing.T, pid int) (bytes int64) {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	must(t, err)
	_, rest, _ := strings.Cut(string(data), "VmHWM:")
	_, err = fmt.Sscan(rest, &bytes)
	must(t, err)
	return bytes << 10
}
