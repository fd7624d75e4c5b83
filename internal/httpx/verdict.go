package httpx

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
)

// A Verdict says what to do about an answer.
type Verdict int

// The verdicts. The zero value is OK.
const (
	OK        Verdict = iota // hand it to the caller
	Throttled                // slow down, then try again
	Transient                // try again
	Fatal                    // hand it to the caller: trying again is of no use
)

// String returns the verdict in lower case.
func (v Verdict) String() string {
	switch v {
	case OK:
		return "ok"
	case Throttled:
		return "throttled"
	case Transient:
		return "transient"
	case Fatal:
		return "fatal"
	}
	return "unknown"
}

// Classify says what an answer means in a vendor's words. Either err is set,
// and there is no answer (status 0), or the whole body is there. An answer that
// broke off, or that took longer than an attempt may take, is [Transient]
// without being asked about.
type Classify func(status int, body []byte, err error) Verdict

// ByStatus is the [Classify] of a server that follows RFC 9110 and RFC 6585: 429
// is throttled; 408, 500, 502, 503, 504 and lost connections are transient. A
// certificate that is not trusted, a name that does not exist, a context that is
// over, an answer that is too large and a token that [Authorize] did not get stay what they are (who gets
// tokens has retries of its own). Vendors' own rules fall back on it.
func ByStatus(status int, _ []byte, err error) Verdict {
	if err != nil {
		return byError(err)
	}
	switch status {
	case http.StatusTooManyRequests:
		return Throttled
	case http.StatusRequestTimeout, http.StatusInternalServerError, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return Transient
	}
	if status >= http.StatusBadRequest {
		return Fatal
	}
	return OK
}

func byError(err error) Verdict {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return Fatal
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return Fatal
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return Fatal
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return Fatal
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		return Fatal
	}
	if _, ok := errors.AsType[*tokenError](err); ok || errors.Is(err, errTooLarge) { // it will be as large again
		return Fatal
	}
	return Transient
}
