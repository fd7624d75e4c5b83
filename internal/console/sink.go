// Package console is where output leaves the program: it keeps every secret
// that it has been told of, or has seen on its way to a server, out of texts,
// log lines and the answers of servers. It has no opinion on what is said.
package console

import (
	"cmp"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"sync"

	"ssosync/internal/secret"
)

// A Sink is where all output of one kind goes, and the last place where a
// secret can be kept in. Callers write whole lines, or texts, at a time. It is
// safe for concurrent use.
type Sink struct {
	mu      sync.Mutex
	w       io.Writer
	secrets []secret.String
	pieces  []string // of those that are long
	err     error    // the first that writing met
}

// NewSink returns a sink that writes to w.
func NewSink(w io.Writer) *Sink { return &Sink{w: w} }

// Write writes p without the secrets. What cannot be written is dropped: a run
// goes on when nobody listens any more. It is remembered, though.
func (s *Sink) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := io.WriteString(s.w, s.scrub(string(p))); err != nil {
		s.err = cmp.Or(s.err, err)
	}
	return len(p), nil
}

// Mask returns a text without the secrets.
func (s *Sink) Mask(text string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.scrub(text)
}

// Hide adds secrets to those that are kept in.
func (s *Sink) Hide(secrets ...secret.String) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range secrets {
		if !one.Empty() && !slices.ContainsFunc(s.secrets, one.Equal) {
			s.secrets = append(s.secrets, one)
			s.pieces = append(s.pieces, pieces(one.Reveal())...)
		}
	}
}

// scrub masks secrets, and what is left of one that was cut: errors quote the
// beginning of an answer only, and that may be in the middle of a token.
func (s *Sink) scrub(text string) string {
	hidden := s.hidden(text)
	clean := secret.Scrub(text, hidden...)
	if clean != text && json.Valid([]byte(text)) {
		return scrubJSON(text, hidden)
	}
	return clean
}

// scrubJSON masks secrets in the texts of a JSON document and leaves all else as
// it is, so that programs can read the document still, whatever a secret looks
// like.
func scrubJSON(doc string, hidden []secret.String) string {
	var b strings.Builder
	for len(doc) > 0 {
		from := strings.IndexByte(doc, '"')
		if from < 0 {
			break
		}
		to := from + 1
		for doc[to] != '"' { // a document that is valid closes its texts
			if doc[to] == '\\' {
				to++
			}
			to++
		}
		b.WriteString(doc[:from])
		b.WriteString(scrubText(doc[from:to+1], hidden))
		doc = doc[to+1:]
	}
	b.WriteString(doc)
	return b.String()
}

// scrubText does so with one text in quotes.
func scrubText(quoted string, hidden []secret.String) string {
	var text string
	if json.Unmarshal([]byte(quoted), &text) != nil {
		return quoted
	}
	clean := secret.Scrub(text, hidden...)
	if clean == text {
		return quoted
	}
	b, err := json.Marshal(clean)
	if err != nil {
		return `"[redacted]"` // a text always encodes
	}
	return string(b)
}

// hidden returns what is to be masked in a text.
func (s *Sink) hidden(text string) []secret.String {
	hidden := s.secrets
	for _, piece := range s.pieces {
		if strings.Contains(text, piece) {
			hidden = append(slices.Clip(hidden), secret.New(piece))
		}
	}
	return hidden
}

// pieces cuts a text that is too long to be anything but a secret, so that
// nobody can do much with what is less than one of them.
func pieces(s string) []string {
	const size = 20
	var all []string
	for line := range strings.Lines(s) {
		for line = strings.TrimSpace(line); len(line) >= 2*size; line = line[size:] {
			all = append(all, line[:size])
		}
		if len(all) > 0 && len(line) >= size {
			all = append(all, line[:size], line[len(line)-size:])
		}
	}
	return all
}

// Redirect lets everything from now on go to w.
func (s *Sink) Redirect(w io.Writer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.w = w
}

// Err returns the first error that writing met.
func (s *Sink) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}
