package cli

import (
	"io"
	"sync"

	"ssosync/internal/secret"
)

// A sink is where all output of one kind goes, and the last place where a
// secret can be kept in. Callers write whole lines, or texts, at a time.
type sink struct {
	mu      sync.Mutex
	w       io.Writer
	secrets []secret.String
	err     error // the first that writing met
}

// Write writes p without the secrets. What cannot be written is dropped: a run
// goes on when nobody listens any more. It is remembered, though.
func (s *sink) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return len(p), nil
	}
	if _, err := io.WriteString(s.w, secret.Scrub(string(p), s.secrets...)); err != nil {
		s.err = err
	}
	return len(p), nil
}

// hide adds secrets to those that are kept in.
func (s *sink) hide(secrets ...secret.String) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secrets = append(s.secrets[:len(s.secrets):len(s.secrets)], secrets...)
}

// redirect lets everything from now on go to w.
func (s *sink) redirect(w io.Writer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.w = w
}

// An outputError says that the answer could not be given.
type outputError struct{ err error }

func (e *outputError) Error() string { return "write the output: " + e.err.Error() }
func (e *outputError) Unwrap() error { return e.err }
