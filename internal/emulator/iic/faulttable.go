package iic

import "time"

// FaultCase is a fault as a test meets it that goes through all of them by name.
type FaultCase struct {
	Name string
	// Hides: what the client reads may lack users, groups or members that are there. Without it, every answer is either right
	// or plainly none.
	Hides bool
	// Stale: what is hidden is what came after Install. A test edits the directory between that and the client's run.
	Stale bool
	// Lost: a write may have been done although its answer says otherwise, or nothing.
	Lost bool
	// Places are the requests that it happens to.
	Places []Where
	// Install puts the fault in force and returns what ends it. The place is the one of at: the zero Op stands for all of
	// Places, each on its own. What it deleted (vanish) stays deleted, everything else ends with it.
	Install func(s *Server, at Where) (end func())
}

// Lists are the lists of users, groups and memberships, with and without their filters.
func Lists() []Where {
	return []Where{
		{Op: "ListUsers", Filter: NoFilter},
		{Op: "ListUsers", Filter: "groups.value"},
		{Op: "ListUsers", Filter: "userName"},
		{Op: "ListUsers", Filter: "externalId"},
		{Op: "ListGroups", Filter: NoFilter},
		{Op: "ListGroups", Filter: "members.value"},
		{Op: "ListGroups", Filter: "displayName"},
		{Op: "ListGroups", Filter: "externalId"},
		{Op: "identitystore:ListUsers"},
		{Op: "identitystore:ListGroups"},
		{Op: "identitystore:ListGroupMemberships"},
		{Op: "identitystore:ListGroupMembershipsForMember"},
	}
}

// AdminLists are the lists of what principals may do.
func AdminLists() []Where {
	return ops("sso:ListAccountAssignmentsForPrincipal", "sso:ListApplicationAssignmentsForPrincipal", "sso:ListPermissionSets",
		"sso:ListAccountsForProvisionedPermissionSet", "sso:ListPermissionSetsProvisionedToAccount", "sso:ListAccountAssignments")
}

// Gets are the reads by id.
func Gets() []Where {
	return ops("GetUser", "GetGroup", "identitystore:DescribeUser", "identitystore:DescribeGroup", "identitystore:IsMemberInGroups",
		"identitystore:GetUserId", "identitystore:GetGroupId", "sso:DescribePermissionSet", "sso:DescribeApplication")
}

// Writes are the operations that change something.
func Writes() []Where {
	return ops("CreateUser", "PatchUser", "PutUser", "DeleteUser", "CreateGroup", "PatchGroup", "DeleteGroup",
		"identitystore:CreateUser", "identitystore:UpdateUser", "identitystore:DeleteUser",
		"identitystore:CreateGroup", "identitystore:UpdateGroup", "identitystore:DeleteGroup",
		"identitystore:CreateGroupMembership", "identitystore:DeleteGroupMembership")
}

func ops(names ...string) []Where {
	places := make([]Where, 0, len(names))
	for _, name := range names {
		places = append(places, Where{Op: name})
	}
	return places
}

// AllFaults is every fault, each under the name of its kind.
func AllFaults() []FaultCase {
	places := func(of ...[]Where) (all []Where) {
		for _, list := range of {
			all = append(all, list...)
		}
		return all
	}
	reads := places(Lists(), AdminLists(), Gets())
	all := places(reads, Writes())
	lists := places(Lists(), AdminLists())
	vanishing := ops("GetUser", "GetGroup", "PatchUser", "PatchGroup", "DeleteUser", "DeleteGroup",
		"identitystore:DescribeUser", "identitystore:DescribeGroup", "identitystore:ListGroupMemberships")
	vanishing = append(vanishing, Where{Op: "ListUsers", Filter: "groups.value"}, Where{Op: "ListGroups", Filter: "members.value"})
	missing := append(ops("identitystore:ListGroupMemberships", "identitystore:ListGroupMembershipsForMember"),
		Where{Op: "ListUsers", Filter: "groups.value"}, Where{Op: "ListGroups", Filter: "members.value"})
	return []FaultCase{
		refuses(Throttled, all), refuses(InternalError, all), refuses(BadGateway, all), refuses(Unavailable, all), refuses(GatewayTimeout, all),
		refuses(Unauthorized, all), refuses(Forbidden, all), refuses(NotJSON, reads), refuses(Reset, all), refuses(Slow, all), refuses(Revoke, all),
		refuses(EmptyPage, lists), refuses(ShortPage, lists), refuses(Vanish, vanishing),
		loses(LostReset, Writes()), loses(LostThrottled, Writes()), loses(LostError, Writes()),
		loses(Truncated, all), loses(CutJSON, all), loses(EmptyBody, all),
		hides(Missing, missing), hides(HalfRows, lists), hides(OtherHalf, lists), hides(EmptyList, lists), hides(MissingKey, lists),
		hides(LostCursor, lists), stale(StaleList, Lists()), stale(StaleIndex, Lists()),
	}
}

func refuses(k FaultKind, places []Where) FaultCase {
	return FaultCase{Name: string(k), Places: places, Install: installer(k, places)}
}

func loses(k FaultKind, places []Where) FaultCase {
	c := refuses(k, places)
	c.Lost = true
	return c
}

func hides(k FaultKind, places []Where) FaultCase {
	c := refuses(k, places)
	c.Hides = true
	return c
}

func stale(k FaultKind, places []Where) FaultCase {
	c := hides(k, places)
	c.Stale = true
	return c
}

// installer makes FaultCase.Install. Empty pages are every second one at most, since a run of them has no end.
func installer(k FaultKind, places []Where) func(*Server, Where) func() {
	return func(s *Server, at Where) func() {
		if k == EmptyPage && at.Times == 0 {
			at.Every = max(at.Every, 2)
		}
		where := []Where{at}
		if at.Op == "" {
			where = nil
			for _, p := range places {
				here := at
				here.Op, here.Filter = p.Op, p.Filter
				where = append(where, here)
			}
		}
		var ends []func()
		for _, w := range where {
			f := Fault{Kind: k, Where: w}
			if k == Slow {
				f.Delay = time.Second
			}
			ends = append(ends, s.Inject(f))
		}
		return func() {
			for _, end := range ends {
				end()
			}
		}
	}
}
