package cli

import (
	"net/http"

	"ssosync/internal/console"
)

// transport carries the requests of both sides, and keeps the secrets that it
// sees out of all output.
func (a *app) transport() http.RoundTripper {
	return console.Transport(a.env.Base, a.stderr, a.stdout)
}
