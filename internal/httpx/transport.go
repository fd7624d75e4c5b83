package httpx

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"time"
)

// NewTransport returns a transport for talking to a few hosts, a lot: HTTP/2
// where the server has it, and otherwise as many idle connections per host as
// we ever have requests in flight (net/http keeps two, and opens a new one for
// each of the rest). A connection that died in its sleep, as in a frozen
// Lambda, is found by a ping. Proxies come from the environment (HTTPS_PROXY,
// NO_PROXY), but none stands between this machine and itself.
func NewTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                 proxy,
		DialContext:           dialer.DialContext,
		ForceAttemptHTTP2:     true,
		HTTP2:                 &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 10 * time.Second},
		TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:   10 * time.Second,
		ResponseHeaderTimeout: 50 * time.Second,
		ExpectContinueTimeout: time.Second,
		IdleConnTimeout:       90 * time.Second,
		MaxIdleConns:          128,
		MaxIdleConnsPerHost:   64,
	}
}

func proxy(req *http.Request) (*url.URL, error) {
	if Loopback(req.URL.Hostname()) {
		return nil, nil //nolint:nilnil // No proxy, as http.Transport has it.
	}
	return http.ProxyFromEnvironment(req)
}
