package google

import (
	"encoding/json"
	"time"
)

// The tables of [Refusals].
const (
	TableToken      = "token endpoint"
	TableFederation = "STS and IAM Credentials"
	TableDirectory  = "Directory API"
)

// A Refusal is one way in which logging in or reading is refused, as a test
// meets it that goes through all of them by name. It is what a diagnosis has to
// tell from the others.
type Refusal struct {
	Name, Table string
	// Where is an operation, as [Operation] names it, that answers so. Others
	// may, too: an API that is off refuses all of its methods.
	Where   string
	Status  int
	Code    string // error of the token endpoints, reason or else status of the APIs
	Message string // the beginning of error_description or message
	// Install brings it about and returns what ends it. Most are states: a grant
	// that is taken away from every service account, a role from every
	// administrator, a clock that is wrong. Ending one puts the directory back to
	// what it was, edits in between included. What only a client's configuration
	// can bring about is a canned answer.
	Install func(*Server) (end func())
}

// Refusals are all of them, in the order of the three tables. A client that
// signs in with a key meets the first table and the third. One without a key
// meets some of the first a step earlier, as a lack of permission, and the
// second.
func Refusals() []Refusal {
	all := append(tokenRefusals(), federationRefusals()...)
	return append(all, directoryRefusals()...)
}

// edited is a change of the directory that can be taken back.
func edited(change func(*Fixture)) func(*Server) func() {
	return func(s *Server) func() {
		before := s.dir.Fixture()
		s.dir.Update(change)
		return func() { s.dir.Update(func(f *Fixture) { *f = before.clone() }) }
	}
}

// skewed is a server's clock that is ahead.
func skewed(by time.Duration) func(*Server) func() {
	return func(s *Server) func() {
		set := func(by time.Duration) { s.Configure(func(o *Options) { o.ClockSkew += by }) }
		set(by)
		return func() { set(-by) }
	}
}

// answered is a canned answer of some operations.
func answered(f Fault, ops ...string) func(*Server) func() {
	return func(s *Server) func() {
		var ends []func()
		for _, op := range ops {
			f.Op = op
			ends = append(ends, s.Inject(f))
		}
		return func() {
			for _, end := range ends {
				end()
			}
		}
	}
}

// saying is the fault that answers with an error of the Directory API.
func saying(e *apiError) Fault {
	text, _ := json.Marshal(e.body()) // maps of strings
	return Fault{Kind: Respond, Status: e.code, Text: string(text)}
}

func eachAccount(change func(*ServiceAccount)) func(*Server) func() {
	return edited(func(f *Fixture) {
		for i := range f.ServiceAccounts {
			change(&f.ServiceAccounts[i])
		}
	})
}

func eachProvider(change func(*Provider)) func(*Server) func() {
	return edited(func(f *Fixture) {
		for i := range f.Providers {
			change(&f.Providers[i])
		}
	})
}

// administers says whether a user may be a subject: an administrator of any sort.
func (u User) administers() bool { return u.IsAdmin || u.IsDelegatedAdmin }

func eachAdmin(change func(*User)) func(*Server) func() {
	return edited(func(f *Fixture) {
		for i := range f.Users {
			if f.Users[i].administers() {
				change(&f.Users[i])
			}
		}
	})
}
