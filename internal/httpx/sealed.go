package httpx

import "net/http"

// Sealed refuses to send requests without TLS, to anything but this very
// machine, and returns plain instead: a setting such as AWS_ENDPOINT_URL may say
// so, and a token, or what comes back, would travel for all to see.
func Sealed(plain error) Layer {
	return func(next http.RoundTripper) http.RoundTripper {
		return Func(func(req *http.Request) (*http.Response, error) {
			if req.URL.Scheme != "https" && !Loopback(req.URL.Hostname()) {
				closeBody(req)
				return nil, plain
			}
			return next.RoundTrip(req)
		})
	}
}
