// Package directory holds the nouns of a source: accounts that may be
// suspended, groups that may nest, members of several kinds. It keeps the
// source's own words and decides nothing.
package directory

import "errors"

// ErrEmpty says that a source claims to have no users or no groups at all,
// which is never true of a directory that is in use, and has been the
// beginning of many a mass deletion.
var ErrEmpty = errors.New("the directory returned no users or no groups at all, which is taken for a mistake of the reading")

// ErrForeign says that something belongs to another organisation, whose
// directory cannot be read.
var ErrForeign = errors.New("it belongs to another organisation")

// ErrOtherDomain says that a source does not compare a group with a person of
// another domain who is not directly in it.
var ErrOtherDomain = errors.New("the group and the person are of different domains")

// A Snapshot is one complete reading of a source. A source that could not
// read everything returns an error instead.
type Snapshot struct {
	CustomerID string
	// Accounts are the people that were read, by ascending ID. AllAccounts
	// says that they are everybody; otherwise only those were fetched that
	// are members of a group in Listed.
	Accounts    []Account
	AllAccounts bool
	// Unread are the IDs of people whom the source would not show, which says
	// neither that they are gone nor that they are there.
	Unread []string
	// Groups are all groups of the customer, by ascending ID.
	Groups []Group
	// Members are the direct members of each group that was listed, under
	// the group's ID, in the order of the answer.
	Members map[string][]Member
	// Answers holds what the server said to the queries that cannot be
	// evaluated here.
	Answers Answers
	// Doubts are reasons not to trust that what is absent here is absent
	// there: a count that disagrees, say. With any doubt, a run may grant but
	// must not revoke.
	Doubts []string
	// Notes are things that an operator should know, and that change
	// nothing: an external group that was skipped, say.
	Notes []string
}

// Answers are the IDs that the server's search returned for each query, under
// the query's text. Google's search index lags by up to 36 hours, so what is
// missing here is no evidence (Directory API guide: search for users).
type Answers struct{ Users, Groups map[string][]string }

// An Account is a person in the source.
type Account struct {
	ID           string // immutable
	PrimaryEmail string
	Aliases      []string // both editable and not
	Suspended    bool
	Archived     bool
	Guest        bool
	// StatusUnknown marks a data error: the source did not say whether the
	// account is suspended or archived. Nothing may be concluded from it.
	StatusUnknown bool
	OrgUnit       string // "/" is the root
	// Values holds what was asked for in [Needs.Paths], under the path. A
	// path with several values has them all, in the source's order.
	Values map[string][]string
}

// A Group is a group in the source.
type Group struct {
	ID          string // immutable
	Email       string
	Name        string // not unique
	Description string
	Aliases     []string
	// DirectUsers is how many users the source says are direct members; -1
	// if it did not say. It counts no nested groups.
	DirectUsers int
}

// MemberKind says what a member of a group is.
type MemberKind string

// The kinds of member (Directory API reference: members, field type).
const (
	MemberUser     MemberKind = "USER"
	MemberGroup    MemberKind = "GROUP"
	MemberEveryone MemberKind = "CUSTOMER" // everybody in the customer
)

// A Member is one direct member of a group. Its ID is that of an account, a
// group or the customer; an ID that the snapshot does not know is external.
type Member struct {
	Kind  MemberKind
	ID    string
	Email string // "" for MemberEveryone
}

// Needs is what a reader of snapshots asks a source for. The zero value asks
// for all groups, all members and only the members' accounts.
type Needs struct {
	// Group reports whether a group is in scope, given what the group listing
	// says of it; nil means that all are. Groups inside of those in scope are
	// read as well.
	Group func(Group) bool
	// AllMembers asks for the members of every group, because a rule (such as
	// memberKey) must look into groups that are not in scope.
	AllMembers bool
	// AllAccounts asks for every account, because a rule must look at people
	// who are in no group.
	AllAccounts bool
	// Paths are the values to extract from each account (see [Path]).
	Paths []string
	// UserQueries and GroupQueries cannot be evaluated here and go to the
	// server. A group that a query returns is in scope.
	UserQueries  []string
	GroupQueries []string
}
