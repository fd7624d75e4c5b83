package iic

import (
	"slices"
	"strings"
)

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

// listAssignments: IAM Identity Center API reference, ListAccountAssignmentsForPrincipal. It shows what was assigned to the
// principal itself.
func (s *Server) listAssignments(q *request) (any, error) {
	in, err := decode[struct {
		paging
		InstanceArn   string
		PrincipalID   string `json:"PrincipalId"`
		PrincipalType string
		Filter        struct {
			AccountID string `json:"AccountId"`
		}
	}](q)
	if err != nil {
		return nil, err
	}
	if in.InstanceArn != s.options.InstanceArn {
		return nil, notFound("Instance", in.InstanceArn)
	}
	byKey := map[string]Assignment{}
	var keys []string
	for _, a := range s.store.assignments {
		if a.PrincipalID != in.PrincipalID || !strings.EqualFold(a.PrincipalType, in.PrincipalType) ||
			(in.Filter.AccountID != "" && in.Filter.AccountID != a.AccountID) {
			continue
		}
		key := a.AccountID + " " + a.PermissionSetArn
		if _, ok := byKey[key]; !ok {
			byKey[key] = a
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	page, next, err := s.pageOf(q, in.paging, in.PrincipalID+" "+in.Filter.AccountID, keys)
	if err != nil {
		return nil, err
	}
	type view struct {
		AccountID        string `json:"AccountId"`
		PermissionSetArn string
		PrincipalID      string `json:"PrincipalId"`
		PrincipalType    string
	}
	out := struct {
		AccountAssignments []view
		NextToken          string `json:",omitempty"`
	}{[]view{}, next}
	for _, key := range page {
		a := byKey[key]
		out.AccountAssignments = append(out.AccountAssignments, view{a.AccountID, a.PermissionSetArn, a.PrincipalID, a.PrincipalType})
	}
	return out, nil
}
