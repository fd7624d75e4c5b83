package doctor

import (
	"context"
	"errors"
	"time"

	"ssosync/internal/identity"
)

// ErrNone is what a [Store] says when there are no AWS credentials to ask with.
var ErrNone = errors.New("there are no AWS credentials")

// ErrDenied is what a [Provisioner] says to a request that is not allowed, as those
// from some addresses are not.
var ErrDenied = errors.New("not allowed")

// A Provisioner is the side of AWS that is written to. Each method takes one
// call.
type Provisioner interface {
	// Ping asks for what any good token may see. The error is [ErrDenied] if the
	// token may be good, and the request is not allowed all the same.
	Ping(ctx context.Context) error
	// Page lists the first objects of a kind by cursor; more says that there are
	// others.
	Page(ctx context.Context, kind identity.Kind) (objects []Object, more bool, err error)
}

// A Store is the side of AWS that takes AWS credentials. An error is [ErrNone]
// if there are none. Where no store is named, its id is "".
type Store interface {
	// Principal says who the credentials are.
	Principal(ctx context.Context) (Principal, error)
	// Instances lists those of all Regions that the credentials can see.
	Instances(ctx context.Context) ([]Instance, error)
	// Network returns the access controls of a store.
	Network(ctx context.Context, store string) (Network, error)
	// Objects lists up to so many pages of a hundred.
	Objects(ctx context.Context, store string, kind identity.Kind, pages int) (objects []Object, more bool, err error)
	// AnyMember lists one member of a group, at the most.
	AnyMember(ctx context.Context, store, group string) error
	// Assigned asks what is assigned to somebody, and returns an error for each
	// kind of question that is not answered.
	Assigned(ctx context.Context, instance string, kind identity.Kind, id string) []error
}

// A Principal is who AWS takes us for.
type Principal struct{ Account, ARN string }

// An Instance is one of IAM Identity Center.
type Instance struct {
	ARN, Store, Owner, Name string
	Status                  string // ACTIVE, or on its way to or from it
	Primary                 string // Region; "" if unknown
	Regions                 []string
}

// Network says from where a store may be reached (User guide: network access
// controls).
type Network struct {
	VPCEndpoint bool     // only through one
	SCIMSources []string // but SCIM from these ranges
	APISources  []string
	APIVPCs     []string
}

// An Object is a user or a group, as far as others may have a hand in it.
type Object struct {
	ID, Name, ExternalID string
	UpdatedBy            string // "" if unknown
	UpdatedAt            time.Time
}

// AWS is what there is to check on its side.
type AWS struct {
	Err     error  // why nothing can be asked; or else all of the following is there
	Missing string // settings that Err comes of, which are problems by themselves

	Endpoint   string // host, for people
	HostRegion string // that the host of the endpoint names; "" if none
	Region     string // as configured, or HostRegion
	StoreID    string // as configured; "" is to be found out
	ByStore    bool   // a run reads by the store, whatever SCIM can do
	ByEither   bool   // … or, if SCIM cannot page
	Impact     bool   // plans are to show what is assigned

	SCIM, Fallback Provisioner // Fallback is nil without a second token
	Store          Store
	TokenEnds      time.Time // zero: unknown
	AtTheLatest    bool      // TokenEnds is not the day itself
	Requests       func() int
}

func (a AWS) calls() int {
	if a.Requests == nil {
		return 0
	}
	return a.Requests()
}

// A prober is under way on AWS's side. What is not known is zero.
type prober struct {
	AWS
	in       Input
	denied   bool     // SCIM did not allow the request
	accepted bool     // SCIM takes the token
	paged    bool     // SCIM pages by cursor
	first    []Object // users that SCIM lists
	whole    bool     // these are all
	instance Instance
	needed   bool // a run would need the store
	survey   survey
}

const (
	token, cursor   = "aws.token", "aws.cursor"
	creds, instance = "aws.credentials", "aws.instance"
)

func aws(ctx context.Context, in Input) []Finding {
	p := &prober{AWS: in.AWS, in: in, needed: in.AWS.ByStore}
	const endpoint, reads = "aws.endpoint", "aws.reads"
	return through(ctx, in, AWSSide, []check{
		{id: endpoint, name: "SCIM endpoint", do: p.endpoint},
		{id: token, name: "SCIM token", needs: []string{endpoint}, do: p.ping},
		{id: "aws.fallback", name: "second token", needs: []string{endpoint}, do: p.fallback},
		{id: "aws.token-age", name: "token's age", do: p.age},
		{id: cursor, name: "SCIM lists", needs: []string{token}, do: p.lists},
		{id: creds, name: "credentials", needs: []string{endpoint}, do: p.credentials},
		{id: instance, name: "instance", needs: []string{creds}, do: p.find},
		{id: "aws.network", name: "network policy", needs: []string{creds}, do: p.network},
		{id: reads, name: "identity store", needs: []string{creds}, do: p.reads, within: 2 * in.Patience},
		{id: "aws.store", name: "same store", needs: []string{reads, cursor}, do: p.same},
		{id: "aws.impact", name: "assignments", needs: []string{creds, instance, reads}, do: p.impact},
		{id: "aws.managed", name: "managed", do: p.managed},
		{id: "aws.writers", name: "other writers", do: p.writers},
	})
}

func (p *prober) endpoint(context.Context) Finding {
	if p.Err != nil {
		return p.in.unbuilt(p.Err, p.Missing)
	}
	if p.HostRegion == "" {
		return ok("%s, whose name tells no Region", p.Endpoint)
	}
	return ok("%s", p.Endpoint)
}

func (p *prober) ping(ctx context.Context) Finding {
	if err := p.SCIM.Ping(ctx); err != nil {
		p.denied = errors.Is(err, ErrDenied)
		return p.in.broken(err)
	}
	p.accepted = true
	return ok("reachable, token accepted")
}

func (p *prober) fallback(ctx context.Context) Finding {
	if p.Fallback == nil {
		return Finding{}
	}
	err := p.Fallback.Ping(ctx)
	if err != nil {
		return p.in.as(Warning, err)
	}
	return ok("accepted")
}

// tokenNoted is how long before its end people are told of a token's age: it lives
// for a year (User guide: rotate an access token).
const (
	tokenNoted = 30 * day
	day        = 24 * time.Hour
)

func (p *prober) age(context.Context) Finding {
	if p.TokenEnds.IsZero() {
		return Finding{}
	}
	left := p.TokenEnds.Sub(p.in.Now)
	on := p.TokenEnds.UTC().Format(time.DateOnly)
	if p.AtTheLatest {
		on += " at the latest"
	}
	f := ok("ends on %s, in %s", on, count(int(left/day), "day"))
	if left <= tokenNoted {
		f.Status, f.Cause = Warning, "SCIM tokens live for one year"
		f.Remedy = "replace it without a gap, two may exist at a time: ssosync token rotate"
	}
	switch {
	case left <= 0 && p.accepted:
		f.Fact, f.Cause, f.Remedy = "would have expired on "+on, "AWS takes it still: the date is that of another token", "set access-token-created to the day on which this one was made"
	case left <= 0:
		f.Status, f.Fact = Error, "has expired on "+on
	}
	return f
}

// lists finds out whether lists are paged: without that, a list ends after a
// page and does not say so.
func (p *prober) lists(ctx context.Context) Finding {
	objects, more, err := p.SCIM.Page(ctx, identity.KindUser)
	if err != nil {
		p.needed = p.needed || p.ByEither
		if p.ByStore || p.ByEither {
			f := p.in.as(Warning, err)
			if f.Status == Warning && f.Remedy == "" {
				f.Remedy = "the Identity Store API is read instead, which takes AWS credentials"
			}
			return f
		}
		return p.in.broken(err)
	}
	p.paged, p.first, p.whole = true, objects, !more
	return ok("paged by cursor: complete without AWS credentials")
}

// severity is that of what a run needs only if it reads by the store.
func (p *prober) severity() Status {
	if p.needed {
		return Error
	}
	return Warning
}

func (p *prober) credentials(ctx context.Context) Finding {
	who, err := p.Store.Principal(ctx)
	switch {
	case errors.Is(err, ErrNone) && !p.needed:
		return skip("there are no AWS credentials, and a sync needs none; with some, plans show what is assigned, and doctor who else writes")
	case errors.Is(err, ErrNone):
		return p.in.as(p.severity(), err)
	case err != nil: // the store may be reached where STS is not
		return p.in.as(Warning, err)
	}
	return ok("%s, of account %s", who.ARN, who.Account)
}
