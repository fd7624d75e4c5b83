package iic

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"ssosync/internal/httpx"
)

// errEndpoint is what an endpoint should look like (User guide: automatic
// provisioning).
var errEndpoint = errors.New("expected something like https://scim.us-east-1.amazonaws.com/11111111111-2222-3333-4444-555555555555/scim/v2")

// parseEndpoint returns the base URL of a SCIM endpoint without the slash that
// people paste with it: "//Users" would be answered 401. Plain http is for this
// very machine only, since a token would travel with it.
func parseEndpoint(s string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(s))
	switch {
	case err != nil:
		return nil, fmt.Errorf("it is no URL: %w", errEndpoint) // err repeats the URL, which may hold a password
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("a user, a query or a fragment does not belong there: %w", errEndpoint)
	case u.Scheme != "https" && (u.Scheme != "http" || !httpx.Loopback(u.Hostname())):
		return nil, fmt.Errorf("it must begin with https://: %w", errEndpoint)
	case u.Host == "":
		return nil, fmt.Errorf("there is no host in it: %w", errEndpoint)
	}
	u.Host = strings.ToLower(u.Host) // LOCALHOST is no loopback to net/http
	u.Path, u.RawPath = strings.TrimRight(u.Path, "/"), ""
	if tenant, ok := strings.CutSuffix(u.Path, "/scim/v2"); !ok || strings.Trim(tenant, "/") == "" {
		return nil, fmt.Errorf("the path must be /<tenant id>/scim/v2: %w", errEndpoint)
	}
	return u, nil
}

// regionOf returns the label after "scim.", which is the region in every
// partition, or "". A list of regions would be out of date.
func regionOf(host string) string {
	rest, ok := strings.CutPrefix(strings.ToLower(host), "scim.")
	if !ok {
		return ""
	}
	region, _, ok := strings.Cut(rest, ".")
	if !ok || strings.Count(region, "-") < 2 {
		return ""
	}
	return region
}
