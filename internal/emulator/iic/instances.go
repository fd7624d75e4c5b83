package iic

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Instance is an instance of IAM Identity Center as ListInstances shows it. Empty fields are those of the Server.
type Instance struct {
	Arn             string
	IdentityStoreID string
	OwnerAccountID  string
	Name            string
	Status          string // ACTIVE, CREATE_IN_PROGRESS, CREATE_FAILED, DELETE_IN_PROGRESS; empty: ACTIVE
	StatusReason    string
	PrimaryRegion   string
	Regions         []string // where it is; nil: in the primary Region only
	CreatedAt       time.Time
}

type instanceView struct {
	InstanceArn      string
	IdentityStoreID  string `json:"IdentityStoreId"`
	IdentityStoreArn string
	OwnerAccountID   string `json:"OwnerAccountId"`
	Name             string `json:",omitempty"`
	CreatedDate      float64
	Status           string
	StatusReason     string `json:",omitempty"`
	PrimaryRegion    string
	Regions          []regionView
}

type regionView struct {
	RegionName      string
	Status          string
	IsPrimaryRegion bool
}

// listInstances: IAM Identity Center API reference, ListInstances. RegionScope CURRENT_REGION, the default, shows the instances
// that are in the Region of the endpoint.
func (s *Server) listInstances(q *request) (any, error) {
	in, err := decode[struct {
		paging
		RegionScope string
	}](q)
	if err != nil {
		return nil, err
	}
	instances := s.options.Instances
	if instances == nil {
		instances = []Instance{{}}
	}
	byArn := map[string]instanceView{}
	var arns []string
	for _, i := range instances {
		v := s.viewOfInstance(i)
		here := slices.ContainsFunc(v.Regions, func(r regionView) bool { return r.RegionName == s.options.Region })
		if in.RegionScope != "ALL_REGIONS" && !here {
			continue
		}
		byArn[v.InstanceArn] = v
		arns = append(arns, v.InstanceArn)
	}
	slices.Sort(arns)
	page, next, err := s.pageOf(q, in.paging, in.RegionScope, arns)
	if err != nil {
		return nil, err
	}
	out := struct {
		Instances []instanceView
		NextToken string `json:",omitempty"`
	}{[]instanceView{}, next}
	for _, arn := range page {
		out.Instances = append(out.Instances, byArn[arn])
	}
	return out, nil
}

func (s *Server) viewOfInstance(i Instance) instanceView {
	v := instanceView{
		InstanceArn:     cmp.Or(i.Arn, s.options.InstanceArn),
		IdentityStoreID: cmp.Or(i.IdentityStoreID, s.options.IdentityStoreID),
		OwnerAccountID:  cmp.Or(i.OwnerAccountID, s.options.Account),
		Name:            i.Name, Status: cmp.Or(i.Status, "ACTIVE"), StatusReason: i.StatusReason,
		PrimaryRegion: cmp.Or(i.PrimaryRegion, s.options.Region), CreatedDate: epoch(i.CreatedAt),
	}
	v.IdentityStoreArn = storeArn(v.OwnerAccountID, v.IdentityStoreID)
	if i.CreatedAt.IsZero() {
		v.CreatedDate = epoch(time.Date(2020, 3, 31, 2, 36, 15, 0, time.UTC))
	}
	for _, region := range append([]string{v.PrimaryRegion}, i.Regions...) {
		if slices.ContainsFunc(v.Regions, func(r regionView) bool { return r.RegionName == region }) {
			continue
		}
		v.Regions = append(v.Regions, regionView{region, "ACTIVE", region == v.PrimaryRegion})
	}
	return v
}

func storeArn(account, id string) string {
	return "arn:aws:identitystore::" + account + ":identitystore/" + id
}

// bare is the id at the end of an ARN; ids may be given as either.
func bare(id string) string {
	if strings.HasPrefix(id, "arn:") {
		return id[strings.LastIndexByte(id, '/')+1:]
	}
	return id
}
