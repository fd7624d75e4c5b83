package httpx

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestSaid(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "plain text": "plain text", " a\n\tb\r\u2028c ": "a b c", "\x1b[2Jx": "\uFFFD[2Jx", "a\u202eb\u200fc": "a\uFFFDb\uFFFDc",
		"\xff\xfeé": "é", strings.Repeat("y", 40): strings.Repeat("y", 30) + "…", strings.Repeat("y", 29) + "é": strings.Repeat("y", 29) + "…",
	} {
		if got := Said(in, 30); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		s := string(rapid.SliceOf(rapid.Byte()).Draw(rt, "bytes")) + rapid.String().Draw(rt, "text")
		got := Said(s, 50)
		if !utf8.ValidString(got) || len(got) > 3*50+3 || strings.ContainsFunc(got, func(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) }) {
			rt.Fatalf("%q", got)
		}
	})
}

func TestID(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "ThrottlingException": "ThrottlingException", "81abca44-c2_x.y:z": "81abca44-c2_x.y:z", "a b": "", "a\nb": "", "é": "",
		strings.Repeat("a", 64): strings.Repeat("a", 64), strings.Repeat("a", 65): "",
	} {
		if got := ID(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestListing(t *testing.T) {
	var l Listing
	for n := range 5000 { // what goes on, goes on
		if err := l.Page(fmt.Sprint("t", n), "known", fmt.Sprint(n/900)); err != nil {
			t.Fatalf("page %d: %v", n, err)
		}
	}
	if err := l.Page("t17", "new"); !errors.Is(err, errRepeats) {
		t.Error(err)
	}
	l = Listing{}
	for n := range maxIdle - 1 {
		if err := l.Page(fmt.Sprint("t", n)); err != nil {
			t.Fatalf("page %d: %v", n, err)
		}
	}
	if err := l.Page("last"); !errors.Is(err, errBarren) {
		t.Error(err)
	}
}

func TestNoProxyForThisMachine(t *testing.T) {
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"} {
		t.Setenv(name, "http://proxy.example.com:8080")
	}
	for _, url := range []string{"http://LOCALHOST:1/", "http://localhost/", "http://127.3.2.1:9/", "https://[::1]:9/"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if via, err := NewTransport().Proxy(req); via != nil || err != nil {
			t.Errorf("%s by %v, %v", url, via, err)
		}
	}
}

// An answer that is too large will be as large again.
func TestAnAnswerThatIsTooLargeIsNotRepeated(t *testing.T) {
	if v := ByStatus(0, nil, fmt.Errorf("read: %w", errTooLarge)); v != Fatal {
		t.Errorf("%v", v)
	}
}
