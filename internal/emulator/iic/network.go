package iic

import (
	"net/netip"
	"slices"
)

// Network is the access control of a store (API reference: NetworkConfiguration). The zero value lets everybody in.
type Network struct {
	VpceAccessRequired    bool
	APIRestrictSourceVpcs []string
	APIAllowSourceIPs     []string // CIDR
	SCIMAllowSourceIPs    []string // CIDR
}

// allowsSCIM decides about a caller at host:port. Without a list everybody is let in, unless access has to come through a VPC
// endpoint, which SCIM has none of.
func (n Network) allowsSCIM(remote string) bool {
	if len(n.SCIMAllowSourceIPs) == 0 {
		return !n.VpceAccessRequired
	}
	addr, err := netip.ParseAddrPort(remote)
	return err == nil && slices.ContainsFunc(n.SCIMAllowSourceIPs, func(cidr string) bool {
		p, err := netip.ParsePrefix(cidr)
		return err == nil && p.Contains(addr.Addr().Unmap())
	})
}
