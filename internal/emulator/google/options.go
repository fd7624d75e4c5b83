package google

import "time"

// Options set how a [Server] behaves. The zero value is what the vendor
// documents, at full speed, without quota.
type Options struct {
	// Clock tells the time; nil is time.Now.
	Clock func() time.Time
	// ClockSkew is how far the server's clock is ahead of Clock: the header
	// Date, and all that is measured by time.
	ClockSkew time.Duration
	// Latency is added to every request.
	Latency time.Duration
	// QuotaPerMinute is how many Directory calls a principal may make in a
	// minute; 0 is no limit, the vendor's default is 2400 (Directory API
	// guide: limits and quotas).
	QuotaPerMinute int
	// MaxConcurrent is how many Directory calls may be under way before 429
	// rateLimitExceeded; 0 is no limit.
	MaxConcurrent int
	// RevokeTokenAfter ends every access token after so many calls; 0 never.
	RevokeTokenAfter int
	// PagingLimit is how long a paging run may take before 503; 0 is one hour
	// (Admin SDK guide: troubleshoot errors, 503).
	PagingLimit time.Duration
	// MaxPage is the most rows that a page has, below what is asked for; 0 is as
	// asked. The API promises at most maxResults (Directory API reference).
	MaxPage int
	// JournalSize is how many requests [Server.Journal] keeps; 0 is 10 000.
	JournalSize int
	// Strict answers what the vendor leaves open.
	Strict Strict
}

// RetryAfter is the form of the header that may come with a 429 or 503.
type RetryAfter string

// The forms of Retry-After (RFC 9110 §10.2.3); the Directory API documents none.
const (
	RetryAfterNone    RetryAfter = ""
	RetryAfterSeconds RetryAfter = "seconds"
	RetryAfterDate    RetryAfter = "date"
)

// Strict answers what the vendor's documentation leaves open, one switch for
// each question. A test suite that matters runs under both answers.
type Strict struct {
	// ClampMaxResults lets users.list take maxResults above 500 as 500;
	// otherwise it is refused. Groups and members always clamp at 200.
	ClampMaxResults bool `json:"clampMaxResults,omitempty"`
	// ListNotModified answers 304 to If-None-Match on lists, not on gets only.
	ListNotModified bool `json:"listNotModified,omitempty"`
	// GroupEtagFollowsMembers makes directMembersCount part of a group's etag.
	GroupEtagFollowsMembers bool `json:"groupEtagFollowsMembers,omitempty"`
	// ServiceAccountStatus gives member rows of service accounts the status ACTIVE.
	ServiceAccountStatus bool `json:"serviceAccountStatus,omitempty"`
	// DerivedGroups keeps GROUP rows next to their expansion under
	// includeDerivedMembership.
	DerivedGroups bool `json:"derivedGroups,omitempty"`
	// DerivedDrop loses every n-th indirect row under
	// includeDerivedMembership; 0 loses none.
	DerivedDrop int `json:"derivedDrop,omitempty"`
	// RetryAfter comes with every 429 and 503.
	RetryAfter RetryAfter `json:"retryAfter,omitempty"`
	// ForeignForbidden answers 403 instead of 404 to another customer or domain.
	ForeignForbidden bool `json:"foreignForbidden,omitempty"`
	// MyCustomerNotFound answers 404 instead of 400 when a service account
	// says my_customer.
	MyCustomerNotFound bool `json:"myCustomerNotFound,omitempty"`
	// ManagementRolesOnly refuses service accounts whose roles only read.
	ManagementRolesOnly bool `json:"managementRolesOnly,omitempty"`
	// QuotaAsRateLimit calls an exhausted per-minute quota rateLimitExceeded
	// instead of userRateLimitExceeded.
	QuotaAsRateLimit bool `json:"quotaAsRateLimit,omitempty"`
}

// now is the server's time.
func (o Options) now() time.Time { return o.Clock().Add(o.ClockSkew) }

func (o Options) withDefaults() Options {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.PagingLimit == 0 {
		o.PagingLimit = time.Hour
	}
	if o.JournalSize == 0 {
		o.JournalSize = 10_000
	}
	return o
}
