package doctor

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
)

// unreached says what it means that a host gave no answer at all, which neither
// side knows anything about.
func unreached(err error) (f Finding, is bool) {
	const let = "is HTTPS to it let through from this machine: a proxy (HTTPS_PROXY), a firewall, a VPC without a NAT gateway or an endpoint?"
	if errors.Is(err, context.DeadlineExceeded) {
		return Finding{Fact: "no answer in time", Cause: "the host does not answer, or something between here and there holds the answers back", Remedy: let}, true
	}
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		return Finding{
			Fact: "the name " + e.Name + " leads nowhere", Cause: "it is misspelt, its Region does not exist, or this machine cannot look names up",
			Remedy: "check --region and the addresses that are configured; nslookup " + e.Name,
		}, true
	}
	if e, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return Finding{
			Fact: e.Error(), Cause: "something that inspects TLS stands between here and there, or this machine lacks the usual root certificates",
			Remedy: "name the file with the proxy's certificate in SSL_CERT_FILE, or install the package ca-certificates",
		}, true
	}
	if e, ok := errors.AsType[*net.OpError](err); ok {
		return Finding{Fact: e.Error(), Cause: "the host cannot be reached", Remedy: let}, true
	}
	return Finding{}, false
}
