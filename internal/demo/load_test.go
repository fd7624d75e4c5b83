package demo

import (
	"net/http"
	"testing"
	"time"
)

// The emulators hold a company of any size, and answer as late as they are told.
func TestLoad(t *testing.T) {
	d, err := directory(Options{Load: Load{Users: 30, Groups: 4, Members: 5}})
	if err != nil {
		t.Fatal(err)
	}
	if f := d.Fixture(); len(f.Users) != 31 || len(f.Groups) != 4 || len(f.Groups[0].Members) != 5 {
		t.Errorf("%d people, %d groups", len(f.Users), len(f.Groups))
	}
	if _, err := directory(Options{Load: Load{Users: 1}, Fixture: "f.json"}); err == nil {
		t.Error("a file and a size at once")
	}
	l, err := open(t.Context(), d, ports{}, 30*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	defer l.close(t.Context())
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, l.awsURL+"/", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	res, err := l.transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if took := time.Since(start); took < 30*time.Millisecond {
		t.Errorf("answered after %v", took)
	}
}
