package httpx

import (
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"
)

// log writes one line for one attempt. It is made of what we allow, not of what
// we do not forbid: the names in showable, a request id that looks like one, and
// the text of errors that we know; of everything else at most the type or the
// length is shown. Headers and bodies are never read for it.
func (r *resilient) log(req *http.Request, n int, took time.Duration, a *answer) {
	ctx := req.Context()
	if !r.o.Log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	status, id := 0, ""
	if a.res != nil {
		status, id = a.res.StatusCode, requestID(a.res.Header)
	}
	log := r.o.Log
	if a.err != nil {
		log = log.With("err", describe(a.err))
	}
	log.DebugContext(ctx, "request", "op", Op(ctx), "method", req.Method, "url", display(req.URL),
		"status", status, "took", took, "attempt", n, "request_id", id)
}

// showable are the query parameters of the two vendors that hold no secret. Page
// tokens and cursors lead nowhere without credentials.
func showable() []string {
	return []string{
		"alt", "attributes", "count", "cursor", "customFieldMask", "customer", "domain", "excludedAttributes", "fields",
		"filter", "includeDerivedMembership", "maxResults", "orderBy", "pageToken", "prettyPrint", "projection", "query",
		"roles", "showDeleted", "sortOrder", "startIndex", "userKey", "viewType",
	}
}

// display returns the URL without user information and fragment, and with the
// values of showable parameters only.
func display(u *url.URL) string {
	var b strings.Builder
	if u.Scheme != "" {
		b.WriteString(u.Scheme + "://")
	}
	b.WriteString(u.Host + u.EscapedPath())
	q := u.Query()
	names := make([]string, 0, len(q))
	for name := range q {
		names = append(names, name)
	}
	slices.Sort(names)
	sep := "?"
	for _, name := range names {
		for _, value := range q[name] {
			if slices.Contains(showable(), name) {
				value = url.QueryEscape(value)
			} else {
				value = "[redacted]"
			}
			b.WriteString(sep + url.QueryEscape(name) + "=" + value)
			sep = "&"
		}
	}
	return b.String()
}

// requestID returns what the vendor's support asks for.
func requestID(h http.Header) string {
	for _, name := range []string{"X-Amzn-Requestid", "X-Amz-Request-Id", "X-Request-Id", "X-Goog-Request-Id"} {
		if id := h.Get(name); id != "" && len(id) <= 64 && strings.Trim(id, idChars) == "" {
			return id
		}
	}
	return ""
}

const idChars = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-"

// describe returns the text of the errors that the network makes, and the type
// of any other: its text may quote a body or a header.
func describe(err error) string {
	if text, ok := known(err); ok {
		return text
	}
	switch e := err.(type) { //nolint:errorlint // This walks the tree of errors itself.
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			return describe(inner)
		}
	case interface{ Unwrap() []error }:
		var all []string
		for _, inner := range e.Unwrap() {
			all = append(all, describe(inner))
		}
		return strings.Join(all, ": ")
	}
	return fmt.Sprintf("%T", err)
}

// known returns the text of an error whose text can only be about the network.
// It looks at one link of the chain, never further.
func known(err error) (text string, ok bool) {
	switch e := err.(type) { //nolint:errorlint // See above.
	case *net.OpError:
		text = e.Op + " " + e.Net
		if e.Addr != nil {
			text += " " + e.Addr.String()
		}
		return text + ": " + describe(e.Err), true
	case *timeoutError, *net.DNSError, syscall.Errno,
		x509.UnknownAuthorityError, x509.HostnameError, x509.CertificateInvalidError:
		return e.Error(), true
	}
	return err.Error(), slices.Contains(plainTexts(), err.Error())
}

// plainTexts are fixed texts of errors that have no type to know them by.
func plainTexts() []string {
	return []string{
		context.Canceled.Error(), context.DeadlineExceeded.Error(), errTooLarge.Error(), net.ErrClosed.Error(),
		io.EOF.Error(), io.ErrUnexpectedEOF.Error(), io.ErrClosedPipe.Error(),
		"http: server closed idle connection",
		"http: server gave HTTP response to HTTPS client",
		"http2: client connection lost",
		"http2: timeout awaiting response headers",
		"net/http: TLS handshake timeout",
		"net/http: timeout awaiting response headers",
		"net/http: request canceled",
	}
}
