package main_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// A runtime is the Lambda runtime API and the part of the extensions API that
// signals need, as Lambda's documentation has them (Lambda developer guide:
// using the runtime API for custom runtimes; extensions API).
type runtime struct {
	*httptest.Server
	events  chan event
	answers chan reply
	asked   chan time.Time // each time that the function wants an event

	mu         sync.Mutex
	registered bool
}

// An event is sent to the function.
type event struct {
	id, payload string
	deadline    time.Time
}

// A reply is what the function answers.
type reply struct {
	id, body string
	failed   bool
	kind     string // the media type
}

func newRuntime(t *testing.T) *runtime {
	t.Helper()
	r := &runtime{events: make(chan event), answers: make(chan reply, 1), asked: make(chan time.Time, 100)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", r.next)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", r.answer(false))
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", r.answer(true))
	mux.HandleFunc("POST /2020-01-01/extension/register", func(w http.ResponseWriter, req *http.Request) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.registered = true
		w.Header().Set("Lambda-Extension-Identifier", req.Header.Get("Lambda-Extension-Name"))
		_, _ = io.WriteString(w, `{"functionName":"sync","functionVersion":"$LATEST","handler":"bootstrap"}`)
	})
	mux.HandleFunc("GET /2020-01-01/extension/event/next", func(_ http.ResponseWriter, req *http.Request) { <-req.Context().Done() })
	r.Server = httptest.NewServer(mux)
	t.Cleanup(func() {
		r.CloseClientConnections()
		r.Close()
	})
	return r
}

func (r *runtime) next(w http.ResponseWriter, req *http.Request) {
	r.asked <- time.Now()
	select {
	case e := <-r.events:
		w.Header().Set("Lambda-Runtime-Aws-Request-Id", e.id)
		w.Header().Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(e.deadline.UnixMilli(), 10))
		w.Header().Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:123456789012:function:sync")
		w.Header().Set("Lambda-Runtime-Trace-Id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1")
		_, _ = io.WriteString(w, e.payload)
	case <-req.Context().Done():
	}
}

func (r *runtime) answer(failed bool) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		w.WriteHeader(http.StatusAccepted)
		r.answers <- reply{req.PathValue("id"), string(body), failed, req.Header.Get("Content-Type")}
	}
}

// An output is what a process writes.
type output struct {
	mu   sync.Mutex
	text strings.Builder
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// A process is the function, started as Lambda starts it.
type process struct {
	*testing.T
	cmd     *exec.Cmd
	runtime *runtime
	out     *output
	started time.Time
	ready   time.Duration // from its start until it wanted its first event
	n       int
}

// start starts the function with these variables only.
func start(t *testing.T, environ []string) *process {
	t.Helper()
	p := &process{T: t, runtime: newRuntime(t), out: &output{}}
	ctx, cancel := context.WithCancel(context.Background())
	p.cmd = exec.CommandContext(ctx, bootstrap)
	p.cmd.Dir = t.TempDir()
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
	p.cmd.Env = append([]string{"AWS_LAMBDA_RUNTIME_API=" + strings.TrimPrefix(p.runtime.URL, "http://")}, environ...)
	p.started = time.Now()
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = p.cmd.Wait() // it was killed
	})
	p.ready = p.wants().Sub(p.started)
	return p
}

// patience is more than anything here takes.
const patience = 2 * time.Minute

// wants waits until the function wants an event.
func (p *process) wants() time.Time {
	p.Helper()
	select {
	case at := <-p.runtime.asked:
		return at
	case <-time.After(patience):
		p.Fatalf("the function does not ask for an event:\n%s", p.out)
		return time.Time{}
	}
}

// send sends an event.
func (p *process) send(payload string, within time.Duration) {
	p.n++
	p.runtime.events <- event{fmt.Sprintf("8476a536-e9f4-11e8-9739-%012d", p.n), payload, time.Now().Add(within)}
}

// receive waits for the answer, and until the function is ready for more.
func (p *process) receive() reply {
	p.Helper()
	select {
	case r := <-p.runtime.answers:
		p.wants()
		return r
	case <-time.After(patience):
		p.Fatalf("the function does not answer:\n%s", p.out)
		return reply{}
	}
}

func (p *process) invoke(payload string, within time.Duration) reply {
	p.Helper()
	p.send(payload, within)
	return p.receive()
}
