package iic

type storeView struct {
	IdentityStoreID  string `json:"IdentityStoreId"`
	IdentityStoreArn string
}

type networkView struct {
	VpceAccessRequired    *bool
	APIRestrictSourceVpcs []string `json:"ApiRestrictSourceVpcs,omitempty"`
	APIAllowSourceIPs     []string `json:"ApiAllowSourceIps,omitempty"`
	SCIMAllowSourceIPs    []string `json:"ScimAllowSourceIps,omitempty"`
}

func (s *Server) viewOfStore() storeView {
	return storeView{s.options.IdentityStoreID, storeArn(s.options.Account, s.options.IdentityStoreID)}
}

// idsListStores: API reference, ListIdentityStores.
func (s *Server) idsListStores(q *request) (any, error) {
	in, err := decode[paging](q)
	if err != nil {
		return nil, err
	}
	page, next, err := s.pageOf(q, in, "", []string{s.options.IdentityStoreID})
	if err != nil {
		return nil, err
	}
	out := struct {
		IdentityStores []storeView
		NextToken      string `json:",omitempty"`
	}{[]storeView{}, next}
	for range page {
		out.IdentityStores = append(out.IdentityStores, s.viewOfStore())
	}
	return out, nil
}

// idsDescribeStore: API reference, DescribeIdentityStore.
func (s *Server) idsDescribeStore(q *request) (any, error) {
	if _, err := idsDecode[storeInput](s, q); err != nil {
		return nil, err
	}
	n := s.options.Network
	return struct {
		storeView
		NetworkConfiguration networkView
	}{s.viewOfStore(), networkView{&n.VpceAccessRequired, n.APIRestrictSourceVpcs, n.APIAllowSourceIPs, n.SCIMAllowSourceIPs}}, nil
}

// idsUpdateStore: API reference, UpdateIdentityStore. The configuration is replaced as a whole; a list is cleared by leaving it
// out, and an empty one is refused.
func (s *Server) idsUpdateStore(q *request) (any, error) {
	in, err := idsDecode[struct {
		storeInput
		NetworkConfiguration *networkView
	}](s, q)
	if err != nil {
		return nil, err
	}
	n := in.NetworkConfiguration
	if n == nil || n.VpceAccessRequired == nil {
		return nil, missing("networkConfiguration.vpceAccessRequired")
	}
	for _, list := range [][]string{n.APIRestrictSourceVpcs, n.APIAllowSourceIPs, n.SCIMAllowSourceIPs} {
		if list != nil && len(list) == 0 {
			return nil, invalid("Lists of a NetworkConfiguration must not be empty")
		}
	}
	s.options.Network = Network{*n.VpceAccessRequired, n.APIRestrictSourceVpcs, n.APIAllowSourceIPs, n.SCIMAllowSourceIPs}
	return s.viewOfStore(), nil
}
