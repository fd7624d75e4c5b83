package doctor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"ssosync/internal/directory"
)

// A Directory is Google's side, question by question. Each method takes one
// call, but for Read.
type Directory interface {
	// Administrator reads the account that the login acts as.
	Administrator(ctx context.Context, address string) (Administrator, error)
	// FirstUser and FirstGroup list one of each. There is always somebody, but
	// there may be no group: then the id is "".
	FirstUser(ctx context.Context) (address string, err error)
	FirstGroup(ctx context.Context) (id, address string, err error)
	// AnyMember lists one member of a group, at the most.
	AnyMember(ctx context.Context, group string) error
	// Read reads what a run would.
	Read(ctx context.Context) (directory.Snapshot, error)
}

// A Registry answers what takes scopes that a run does without.
type Registry interface {
	// Customer says who the customer is.
	Customer(ctx context.Context) (id, domain string, err error)
	// Roles names the admin roles of an account.
	Roles(ctx context.Context, who string) ([]string, error)
}

// An Administrator is an account as the directory knows it.
type Administrator struct {
	ID, Address, CustomerID string
	Suspended, Archived     bool
	Super, Delegated        bool // super administrator; one with some role
	AgreedToTerms           bool
}

// Google is what there is to check on its side.
type Google struct {
	Err     error  // why nothing can be asked; or else all of the following is there
	Missing string // settings that Err comes of, which are problems by themselves

	Directory
	Who        string   // logs in, and how
	Subject    string   // the administrator to act as; "" is none
	Account    string   // the service account; "" if unknown
	ClientID   string   // what delegation is granted to; "" if unknown
	CustomerID string   // as configured
	Scopes     []string // that a run asks for

	// Login logs in with all the scopes, and Refused asks for each alone and
	// returns those that are not granted.
	Login   func(ctx context.Context) error
	Refused func(ctx context.Context) ([]string, error)
	// With logs in with a scope that a run does without, if it is granted.
	With func(ctx context.Context, scope string) (Registry, bool)
	// Skew is how far this machine's clock is behind, as far as answers told.
	Skew func() (time.Duration, bool)
	// Requests counts those that were sent.
	Requests func() int
}

func (g Google) calls() int {
	if g.Requests == nil {
		return 0
	}
	return g.Requests()
}

// The scopes of what only a doctor asks (Directory API guide: choose scopes).
const (
	ScopeCustomer = "https://www.googleapis.com/auth/admin.directory.customer.readonly"
	ScopeRoles    = "https://www.googleapis.com/auth/admin.directory.rolemanagement.readonly"
)

// A googler is under way on Google's side.
type googler struct {
	Google
	in    Input
	token Finding // of the login, which tells the time as well
	group string  // the first one's id
	snap  directory.Snapshot
	read  bool
}

func google(ctx context.Context, in Input) []Finding {
	g := &googler{Google: in.Google, in: in}
	const login, users, groups = "google.token", "google.users", "google.groups"
	const parsed = "google.credentials"
	return through(ctx, in, GoogleSide, []check{
		{id: parsed, name: "credentials", do: g.credentials},
		{id: "google.clock", name: "clock", needs: []string{parsed}, do: g.clock, within: 2 * in.Patience},
		{id: login, name: "login", needs: []string{parsed}, do: func(context.Context) Finding { return g.token }},
		{id: "google.admin", name: "administrator", needs: []string{login}, do: g.administrator},
		{id: "google.customer", name: "customer", needs: []string{login}, do: g.customer},
		{id: users, name: "read users", needs: []string{login}, do: g.users},
		{id: groups, name: "read groups", needs: []string{login}, do: g.groups},
		{id: "google.members", name: "read members", needs: []string{groups}, do: g.members},
		{id: "google.roles", name: "admin roles", needs: []string{login}, do: g.roles},
		{id: "google.scope", name: "in scope", needs: []string{users, groups, "google.members"}, do: g.scope, within: in.Longest},
		{id: "google.nested", name: "nested groups", needs: []string{"google.scope"}, do: g.nested},
	})
}

func (g *googler) credentials(context.Context) Finding {
	if g.Err != nil {
		return g.in.unbuilt(g.Err, g.Missing)
	}
	return ok("%s", g.Who)
}

// What a clock may be wrong by: Google takes assertions of the last and the next
// few minutes only (Google Identity: OAuth 2.0 for server to server applications).
const (
	skewUnseen = 2 * time.Second // answers tell whole seconds, and take some time
	skewNoted  = 30 * time.Second
	skewBroken = 5 * time.Minute
)

// clock logs in, since any answer tells the time. The line about the clock comes
// first: a clock that is wrong explains a refusal.
func (g *googler) clock(ctx context.Context) Finding {
	g.token = g.login(ctx)
	skew, known := g.Skew()
	if !known {
		return Finding{}
	}
	fact := fmt.Sprintf("%v behind Google's", skew)
	if skew < 0 {
		fact = fmt.Sprintf("%v ahead of Google's", -skew)
	}
	if skew.Abs() <= skewUnseen {
		fact = "right, to a second or two"
	}
	f := ok("%s", fact)
	if skew.Abs() >= skewNoted {
		f.Status, f.Remedy = Warning, "let the machine keep its time by NTP: timedatectl set-ntp true"
	}
	if skew.Abs() >= skewBroken {
		f.Status, f.Cause = Error, "Google refuses logins that are signed at another time than its own"
	}
	return f
}

func (g *googler) login(ctx context.Context) Finding {
	err := g.Login(ctx)
	if err == nil {
		return ok("a token for %s", shortScopes(g.Scopes))
	}
	f := g.in.broken(err)
	if f.Status == Skipped || errors.Is(err, context.DeadlineExceeded) {
		return f
	}
	refused, err := g.Refused(ctx)
	switch {
	case err != nil || len(refused) == 0:
	case len(refused) < len(g.Scopes):
		f.Fact = "the scope " + shortScopes(refused) + " is not granted: " + f.Fact
		f.Cause = "the others are, one by one; a request for all fails if one of them is missing"
	default:
		f.Fact = "none of the scopes is granted: " + f.Fact
	}
	return f
}

// shortScopes names scopes as people do.
func shortScopes(scopes []string) string {
	short := make([]string, len(scopes))
	for i, s := range scopes {
		short[i] = strings.TrimPrefix(s, "https://www.googleapis.com/auth/")
	}
	return strings.Join(short, ", ")
}

func (g *googler) administrator(ctx context.Context) Finding {
	if g.Subject == "" {
		return Finding{}
	}
	choose := "choose another administrator with --google-admin, or set this one right in the Admin console: Directory > Users > " + g.Subject
	a, err := g.Administrator(ctx, g.Subject)
	if err != nil {
		f := g.in.broken(err)
		if f.Status == Error && f.Remedy == "" {
			f.Remedy = choose
		}
		return f
	}
	f := ok("%s, %s", a.Address, rank(a))
	switch {
	case a.Suspended || a.Archived:
		f.Status, f.Cause, f.Remedy = Error, "the account is suspended or archived", choose
	case !a.AgreedToTerms:
		f.Status, f.Cause, f.Remedy = Warning, "the account has not accepted Google's terms of service yet", "log in with it once, in a browser"
	case !a.Super && !a.Delegated:
		f.Status, f.Cause, f.Remedy = Warning, "the directory does not call this account an administrator", choose
	}
	return f
}

func rank(a Administrator) string {
	switch {
	case a.Super:
		return "super administrator (a role that only reads users and groups would do)"
	case a.Delegated:
		return "with an admin role"
	}
	return "without an admin role"
}

func (g *googler) customer(ctx context.Context) Finding {
	r, granted := g.With(ctx, ScopeCustomer)
	if !granted {
		return Finding{}
	}
	id, domain, err := r.Customer(ctx)
	if err != nil {
		return g.in.as(Warning, err) // a run does without
	}
	return ok("%s, %s", id, domain)
}

func (g *googler) roles(ctx context.Context) Finding {
	who := g.Subject
	if who == "" {
		who = g.ClientID
	}
	if who == "" {
		return Finding{}
	}
	r, granted := g.With(ctx, ScopeRoles)
	if !granted {
		return Finding{}
	}
	roles, err := r.Roles(ctx, who)
	if err != nil {
		return g.in.as(Warning, err)
	}
	if len(roles) == 0 {
		return ok("none are assigned to %s directly", who)
	}
	return ok("%s", some(roles))
}

func (g *googler) users(ctx context.Context) Finding {
	address, err := g.FirstUser(ctx)
	if err != nil {
		return g.in.broken(err)
	}
	return ok("allowed, of customer %s (the first is %s)", g.CustomerID, address)
}

func (g *googler) groups(ctx context.Context) Finding {
	id, address, err := g.FirstGroup(ctx)
	switch {
	case err != nil:
		return g.in.broken(err)
	case id == "":
		return Finding{Status: Error, Fact: "there is no group", Remedy: "look whether --customer-id is right; without any group a sync does nothing"}
	}
	g.group = id
	return ok("allowed (the first is %s)", address)
}

func (g *googler) members(ctx context.Context) Finding {
	if err := g.AnyMember(ctx, g.group); err != nil {
		return g.in.broken(err)
	}
	return ok("allowed")
}
