package lambda_test

import (
	"net/http"
	"strings"

	"ssosync/internal/emulator/iic"
	"ssosync/internal/emulator/inproc"
)

// byPath sends what is for another tenant there.
type byPath struct {
	http.RoundTripper
	other *iic.Server
}

func (b byPath) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasPrefix(r.URL.Path, b.other.BasePath()) {
		return inproc.Transport(b.other).RoundTrip(r)
	}
	return b.RoundTripper.RoundTrip(r)
}
