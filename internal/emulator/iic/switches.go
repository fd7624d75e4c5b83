package iic

import (
	"fmt"
	"slices"
	"time"
)

// Outcome is what an operation does about a member that is already there, or already gone. AWS does not document it.
type Outcome uint8

// The outcomes of Switches.AddExisting and Switches.RemoveMissing.
const (
	NoContent  Outcome = iota // 204: nothing to do
	NotFound                  // 404
	Conflict                  // 409
	BadRequest                // 400
)

// RetryAfter is the form of the Retry-After header of a throttled answer.
type RetryAfter uint8

// The forms of Switches.RetryAfter (RFC 9110 §10.2.3).
const (
	RetryAfterNone RetryAfter = iota
	RetryAfterSeconds
	RetryAfterDate
)

// Switches choose between the behaviours that AWS's documentation leaves open. The zero value is the likeliest of each.
type Switches struct {
	ActiveDefault       bool // active.default: a user created without active is active
	PutOK               bool // put.status: PUT answers 200, not the 201 of the guide's example
	PutKeeps            bool // put.omitted: PUT keeps attributes that it does not name
	RejectMixed         bool // patch.mixedAddRemove: adding and removing members in one PATCH is a 400
	RejectDotted        bool // patch.paths.dotted: name.givenName is a 400
	RejectWholeList     bool // patch.paths.wholeList: a PATCH of all of emails is a 400
	RejectEnterprise    bool // patch.paths.enterprise: the extension's URN with an attribute is a 400
	CaseSensitiveOp     bool // patch.opCase: op must be in lower case
	AddExisting         Outcome
	RemoveMissing       Outcome
	UnknownMemberIs400  bool // patch.unknownMember: 400 instead of 404
	PartialPatch        bool // patch.atomic: what came before the error in a PATCH of a group stays done
	ReplaceMembers      bool // patch.replaceMembers: accepted
	RemoveAllMembers    bool // patch.removeAll: accepted
	RenameTakenIs400    bool // patch.renameTaken: 400 instead of 409
	CaseSensitiveFilter bool // filter.case: of userName and displayName
	UnknownGroupIs404   bool // groups.value.unknown: 404 instead of an empty list
	SharedGroupExternal bool // externalId.groupUnique: two groups may have the same externalId
	RejectColon         bool // externalId.colon: a colon in an externalId is a 400
	// Lag is read.consistency: how far lists are behind writes; 0: not at all. Reads by id are never behind.
	Lag               time.Duration
	TouchOnMembership bool          // group.touchOnMembership: lastModified, UpdatedAt and Revision change with the members
	NoCursor          bool          // cursor.supported: a server from before 2025, with pages of 50 and no member filters
	CursorTTL         time.Duration // cursor.ttl: after this, a cursor is a 400; 0: never
	AnnounceCursor    bool          // spc.pagination: ServiceProviderConfig has the pagination object of RFC 9865
	EmptyMembers      bool          // getGroup.members: [] instead of absent
	StrictQuery       bool          // query.unsupported: startIndex, attributes, sortBy, … are a 400 instead of ignored
	SpecificDetail    bool          // error.detail: a 400 says what is wrong, instead of the sentence that fits everything
	StatusByType      bool          // ids.errorStatus: the Identity Store uses 402, 403, 404, 409, 429, instead of 400
	WritableStatus    bool          // ids.updateUserStatus: UpdateUser may change userStatus
	WritableExternal  bool          // ids.updateExternalIds: UpdateUser and UpdateGroup may change externalIds
	// DenyForPrincipal is delegatedAdmin.forPrincipal: callers count as a delegated administrator's, whom the lists of a
	// principal's assignments refuse.
	DenyForPrincipal bool
	// AssignmentsOfGroups is assignments.ofUser: a user's lists have what was assigned to the user's groups, too.
	AssignmentsOfGroups bool
	DenyIs401           bool       // network.denyStatus: 401 instead of 403
	AgentOptional       bool       // userAgent.required: PATCH without a User-Agent is served
	PrefixedIDs         bool       // ids.format: 10 hexadecimal digits before the UUID
	RetryAfter          RetryAfter // throttle.retryAfter
	PlainThrottle       bool       // throttle.body: text/plain instead of a SCIM error
}

// Setting is one value of one switch, all others being at their defaults.
type Setting struct {
	Name, Value string
	Default     bool // this is what the zero Switches does
	Switches    Switches
}

// String is name=value.
func (s Setting) String() string { return s.Name + "=" + s.Value }

// AllSwitches is every value of every switch, the default value of each first.
func AllSwitches() []Setting {
	var all []Setting
	for _, def := range switchTable() {
		for i, v := range def.values {
			s := Setting{Name: def.name, Value: v.name, Default: i == 0}
			v.set(&s.Switches)
			all = append(all, s)
		}
	}
	return all
}

// With returns s with one switch set, named as in AllSwitches. An error lists what would have been known.
func (s Switches) With(name, value string) (Switches, error) {
	table := switchTable()
	i := slices.IndexFunc(table, func(d definition) bool { return d.name == name })
	if i < 0 {
		var names []string
		for _, d := range table {
			names = append(names, d.name)
		}
		return s, fmt.Errorf("unknown switch %q: there are %q", name, names)
	}
	var values []string
	for _, v := range table[i].values {
		if v.name == value {
			v.set(&s)
			return s, nil
		}
		values = append(values, v.name)
	}
	return s, fmt.Errorf("switch %s has no value %q: there are %q", name, value, values)
}

type definition struct {
	name   string
	values []value
}

type value struct {
	name string
	set  func(*Switches)
}

// either is a switch of two values; no is the default.
func either(name, no, yes string, field func(*Switches) *bool) definition {
	return definition{name, []value{
		{no, func(s *Switches) { *field(s) = false }},
		{yes, func(s *Switches) { *field(s) = true }},
	}}
}

func outcome(name string, field func(*Switches) *Outcome) definition {
	d := definition{name: name}
	for o, label := range []string{NoContent: "204", NotFound: "404", Conflict: "409", BadRequest: "400"} {
		d.values = append(d.values, value{label, func(s *Switches) { *field(s) = Outcome(o) }})
	}
	return d
}

func switchTable() []definition {
	return []definition{
		either("active.default", "false", "true", func(s *Switches) *bool { return &s.ActiveDefault }),
		either("put.status", "201", "200", func(s *Switches) *bool { return &s.PutOK }),
		either("put.omitted", "erase", "keep", func(s *Switches) *bool { return &s.PutKeeps }),
		either("patch.mixedAddRemove", "accept", "400", func(s *Switches) *bool { return &s.RejectMixed }),
		either("patch.paths.dotted", "accept", "400", func(s *Switches) *bool { return &s.RejectDotted }),
		either("patch.paths.wholeList", "accept", "400", func(s *Switches) *bool { return &s.RejectWholeList }),
		either("patch.paths.enterprise", "accept", "400", func(s *Switches) *bool { return &s.RejectEnterprise }),
		either("patch.opCase", "insensitive", "sensitive", func(s *Switches) *bool { return &s.CaseSensitiveOp }),
		outcome("patch.addExisting", func(s *Switches) *Outcome { return &s.AddExisting }),
		outcome("patch.removeMissing", func(s *Switches) *Outcome { return &s.RemoveMissing }),
		either("patch.unknownMember", "404", "400", func(s *Switches) *bool { return &s.UnknownMemberIs400 }),
		either("patch.atomic", "atomic", "partial", func(s *Switches) *bool { return &s.PartialPatch }),
		either("patch.replaceMembers", "400", "accept", func(s *Switches) *bool { return &s.ReplaceMembers }),
		either("patch.removeAll", "400", "accept", func(s *Switches) *bool { return &s.RemoveAllMembers }),
		either("patch.renameTaken", "409", "400", func(s *Switches) *bool { return &s.RenameTakenIs400 }),
		either("filter.case", "insensitive", "sensitive", func(s *Switches) *bool { return &s.CaseSensitiveFilter }),
		either("groups.value.unknown", "200-empty", "404", func(s *Switches) *bool { return &s.UnknownGroupIs404 }),
		either("externalId.groupUnique", "conflict", "allow", func(s *Switches) *bool { return &s.SharedGroupExternal }),
		either("externalId.colon", "allow", "400", func(s *Switches) *bool { return &s.RejectColon }),
		{"read.consistency", []value{
			{"strong", func(s *Switches) { s.Lag = 0 }},
			{"eventual", func(s *Switches) { s.Lag = 200 * time.Millisecond }},
		}},
		either("group.touchOnMembership", "off", "on", func(s *Switches) *bool { return &s.TouchOnMembership }),
		either("cursor.supported", "on", "off", func(s *Switches) *bool { return &s.NoCursor }),
		{"cursor.ttl", []value{
			{"none", func(s *Switches) { s.CursorTTL = 0 }},
			{"60s", func(s *Switches) { s.CursorTTL = time.Minute }},
		}},
		either("spc.pagination", "absent", "RFC 9865", func(s *Switches) *bool { return &s.AnnounceCursor }),
		either("getGroup.members", "absent", "[]", func(s *Switches) *bool { return &s.EmptyMembers }),
		either("query.unsupported", "ignore", "400", func(s *Switches) *bool { return &s.StrictQuery }),
		either("error.detail", "generic", "specific", func(s *Switches) *bool { return &s.SpecificDetail }),
		either("ids.errorStatus", "400", "by-type", func(s *Switches) *bool { return &s.StatusByType }),
		either("ids.updateUserStatus", "reject", "accept", func(s *Switches) *bool { return &s.WritableStatus }),
		either("ids.updateExternalIds", "reject", "accept", func(s *Switches) *bool { return &s.WritableExternal }),
		either("delegatedAdmin.forPrincipal", "allow", "deny", func(s *Switches) *bool { return &s.DenyForPrincipal }),
		either("assignments.ofUser", "direct", "withGroups", func(s *Switches) *bool { return &s.AssignmentsOfGroups }),
		either("network.denyStatus", "403", "401", func(s *Switches) *bool { return &s.DenyIs401 }),
		either("userAgent.required", "on", "off", func(s *Switches) *bool { return &s.AgentOptional }),
		either("ids.format", "uuid", "prefixed", func(s *Switches) *bool { return &s.PrefixedIDs }),
		{"throttle.retryAfter", []value{
			{"none", func(s *Switches) { s.RetryAfter = RetryAfterNone }},
			{"seconds", func(s *Switches) { s.RetryAfter = RetryAfterSeconds }},
			{"date", func(s *Switches) { s.RetryAfter = RetryAfterDate }},
		}},
		either("throttle.body", "scim", "text", func(s *Switches) *bool { return &s.PlainThrottle }),
	}
}
