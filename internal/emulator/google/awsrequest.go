package google

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// An awsRequest is the serialised request that stands for an AWS identity
// (STS reference: token, subjectToken). It would be sent to AWS as it is, so
// that it has to be right to the letter.
type awsRequest struct {
	URL, Method string
	Headers     []struct{ Key, Value string }

	header map[string]string // by name in lower case
	query  url.Values
	host   string
	region string // that the host belongs to
	at     time.Time
	signed awsSignature
}

// An awsSignature is the value of the Authorization header (AWS Signature
// Version 4).
type awsSignature struct {
	key, date, region string
	headers           []string
	signature         string
}

// badSubject refuses a subject token. Google says no more than "AWS request has
// invalid format."; here it says what is wrong with it.
func badSubject(why string) error { return invalidGrant("Invalid AWS subject token: " + why + ".") }

func parseAWSRequest(subjectToken string) (*awsRequest, error) {
	r := &awsRequest{header: map[string]string{}}
	plain, err := url.QueryUnescape(subjectToken)
	if err != nil || json.Unmarshal([]byte(plain), r) != nil {
		return nil, badSubject("it is no URL-encoded JSON")
	}
	for _, h := range r.Headers {
		name := strings.ToLower(h.Key)
		if _, twice := r.header[name]; twice {
			return nil, badSubject("it has the header " + name + " twice")
		}
		r.header[name] = strings.TrimSpace(h.Value)
	}
	if err := r.parseURL(); err != nil {
		return nil, err
	}
	if err := r.parseSignature(); err != nil {
		return nil, err
	}
	if err := r.consistent(); err != nil {
		return nil, err
	}
	return r, nil
}

// stsHost is the global endpoint or a regional one, in China with .cn (AWS
// General Reference: STS endpoints).
var stsHost = regexp.MustCompile(`^sts(?:\.([a-z]{2}(?:-[a-z]+)+-\d))?\.amazonaws\.com(\.cn)?$`)

func (r *awsRequest) parseURL() error {
	u, err := url.Parse(r.URL)
	if err != nil {
		return badSubject("its URL is none")
	}
	m := stsHost.FindStringSubmatch(u.Host)
	if m == nil || u.Scheme != "https" || u.Path != "" && u.Path != "/" {
		return badSubject("its URL is not that of AWS STS")
	}
	r.query, r.host, r.region = u.Query(), u.Host, m[1]
	if r.region == "" {
		r.region = "us-east-1"
	}
	if (m[2] != "") != strings.HasPrefix(r.region, "cn-") {
		return badSubject("its region is not one of " + u.Host)
	}
	if r.Method != http.MethodPost || len(r.query) != 2 || r.query.Get("Action") != "GetCallerIdentity" || r.query.Get("Version") != "2011-06-15" {
		return badSubject("it is no GetCallerIdentity request")
	}
	return nil
}

var authorization = regexp.MustCompile(
	`^AWS4-HMAC-SHA256 Credential=([A-Z0-9]+)/(\d{8})/([a-z0-9-]+)/sts/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$`)

func (r *awsRequest) parseSignature() error {
	m := authorization.FindStringSubmatch(r.header["authorization"])
	if m == nil {
		return badSubject("it has no signature of version 4")
	}
	r.signed = awsSignature{key: m[1], date: m[2], region: m[3], headers: strings.Split(m[4], ";"), signature: m[5]}
	at, err := time.Parse("20060102T150405Z", r.header["x-amz-date"])
	if err != nil {
		return badSubject("it has no x-amz-date")
	}
	r.at = at
	return nil
}

// consistent compares the parts: what has to be signed is, and what is said
// twice is said alike (STS reference: token, subjectToken, required headers).
func (r *awsRequest) consistent() error {
	required := []string{"host", "x-amz-date", "x-goog-cloud-target-resource"}
	if _, temporary := r.header["x-amz-security-token"]; temporary {
		required = append(required, "x-amz-security-token")
	} else if strings.HasPrefix(r.signed.key, "ASIA") {
		return badSubject("temporary credentials need x-amz-security-token")
	}
	for _, name := range required {
		if r.header[name] == "" || !slices.Contains(r.signed.headers, name) {
			return badSubject("the header " + name + " is not there and signed")
		}
	}
	for _, name := range r.signed.headers {
		if _, there := r.header[name]; !there {
			return badSubject("the signed header " + name + " is not there")
		}
	}
	switch {
	case !slices.IsSorted(r.signed.headers):
		return badSubject("its signed headers are not in order")
	case r.header["host"] != r.host:
		return badSubject("its host is not that of its URL")
	case r.signed.region != r.region:
		return badSubject("it is signed for another region than that of its host")
	case r.signed.date != r.at.Format("20060102"):
		return badSubject("it is signed for another day than x-amz-date")
	}
	return nil
}

// partition is the part of AWS that a region belongs to, as ARNs name it.
func partition(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	default:
		return "aws"
	}
}

// awsCaller reads the serialised request and says who signed it.
func (c *call) awsCaller(p Provider, subjectToken string) (arn string, err error) {
	r, err := parseAWSRequest(subjectToken)
	if err != nil {
		return "", err
	}
	arn = p.Callers[r.signed.key]
	secret, known := p.Secrets[r.signed.key]
	switch {
	case c.now.Sub(r.at).Abs() > 15*time.Minute:
		return "", badSubject("the signature has expired")
	case r.header["x-goog-cloud-target-resource"] != p.Audience:
		return "", badSubject("x-goog-cloud-target-resource is not the audience")
	case !strings.HasPrefix(arn, "arn:"+partition(r.region)+":"):
		return "", badSubject("the access key is not known in this part of AWS")
	case known && !r.signedWith(secret):
		return "", badSubject("the signature does not match")
	case !strings.Contains(arn, ":"+p.AccountID+":"):
		return "", badSubject("the AWS account is not the provider's")
	case len(p.AllowedRoles) > 0 && !slices.Contains(p.AllowedRoles, roleARN(arn)):
		return "", unconditional()
	}
	return arn, nil
}

// roleARN is an assumed role without its session name.
func roleARN(arn string) string {
	if head, rest, ok := strings.Cut(arn, ":assumed-role/"); ok {
		role, _, _ := strings.Cut(rest, "/")
		return head + ":assumed-role/" + role
	}
	return arn
}
