package bucket

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"

	"ssosync/internal/httpx"
)

var (
	// ErrSetup says that nothing works until a person acts: on credentials,
	// permissions, the name of the bucket, its Region, the clock. The text says on
	// which.
	ErrSetup = errors.New("state in S3 is not set up")
	// ErrUnavailable says that S3 did not answer, or could not do what it was
	// asked, several times over. It may be different in a moment.
	ErrUnavailable = errors.New("S3 is not available")
	// ErrChanged says that somebody else wrote in between, although the lock
	// should have kept them away. What they wrote is still there.
	ErrChanged = errors.New("somebody else has written in between")
	// ErrDamaged says that a log has lost something, or holds what is none of
	// ours. It wants to be set aside.
	ErrDamaged = errors.New("the log is damaged")

	// errPlain says that the SDK was told to go without TLS.
	errPlain = errors.New("the endpoint of S3 must begin with https://; is AWS_ENDPOINT_URL_S3, or a setting like it, right?")
	// errOdd says that what came is none of ours, or makes no sense.
	errOdd = errors.New("it is none of ours")
)

// A setupError is an ErrSetup that speaks for itself.
type setupError struct{ error }

func (e *setupError) Unwrap() error        { return e.error }
func (e *setupError) Is(target error) bool { return target == ErrSetup }

// An unavailableError is an ErrUnavailable that speaks for itself: there was no
// answer.
type unavailableError struct{ text string }

func (e *unavailableError) Error() string        { return e.text }
func (e *unavailableError) Is(target error) bool { return target == ErrUnavailable }

// An APIError is an answer other than success, in the words of S3.
type APIError struct {
	Op        string // such as "s3:PutObject"
	Place     string // such as "s3://bucket/prefix/target/ledger.json"
	Status    int    // HTTP
	Code      string // such as "AccessDenied"
	Detail    string // what S3 says, "" if it says nothing
	RequestID string // what AWS Support asks for, "" if unknown

	remedy string
	region string // of the bucket, if the answer tells
}

func (e *APIError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s: %d %s", e.Op, e.Place, e.Status, e.Code)
	if e.Detail != "" {
		fmt.Fprintf(&b, ": %s", e.Detail)
	}
	if e.RequestID != "" {
		fmt.Fprintf(&b, " (request id %s)", e.RequestID)
	}
	if e.remedy != "" {
		fmt.Fprintf(&b, ": %s", e.remedy)
	}
	return b.String()
}

// Is tells which of the errors that callers act upon e is.
func (e *APIError) Is(target error) bool {
	switch e.kind() {
	case absent:
		return target == fs.ErrNotExist
	case changed:
		return target == ErrChanged
	case passing:
		return target == ErrUnavailable
	case moved, skewed, setup:
		return target == ErrSetup
	case unknown:
	}
	return false
}

// Remedy returns what to do about e, "" if there is nothing to say. It is part of
// e's message already.
func (e *APIError) Remedy() string { return e.remedy }

// A kind is what an answer means to us.
type kind int

const (
	unknown kind = iota
	passing      // try again
	absent       // there is no such object
	changed      // the condition does not hold
	moved        // the bucket is in another Region
	skewed       // our clock is wrong
	setup        // nothing helps but a person
)

// kind knows the codes that matter here (S3 API Reference: error responses). The
// code decides, then the status: other servers have codes of their own.
func (e *APIError) kind() kind {
	switch e.Code {
	case "NoSuchBucket", "NotImplemented", "ExpiredToken", "InvalidToken", "InvalidAccessKeyId", "InvalidBucketName":
		return setup
	case "ConditionalRequestConflict", "OperationAborted", "RequestTimeout", "SlowDown", "Throttling", "ThrottlingException",
		"KMS.ThrottlingException", "TemporaryRedirect":
		return passing
	case "PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException":
		return moved
	case "RequestTimeTooSkewed":
		return skewed
	}
	switch s := e.Status; {
	case strings.HasPrefix(e.Code, "KMS."):
		return setup
	case s == http.StatusNotFound:
		return absent
	case s == http.StatusPreconditionFailed:
		return changed
	case s == http.StatusNotImplemented:
		return setup
	case s == http.StatusMovedPermanently:
		return moved
	case s == http.StatusTooManyRequests, s == http.StatusRequestTimeout, s >= http.StatusInternalServerError:
		return passing
	case s == http.StatusForbidden, s == http.StatusUnauthorized:
		return setup
	}
	return unknown
}

const (
	remedyKeys = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, in the environment or in .env, or AWS_PROFILE; " +
		"or keep state in a directory with --state"
	remedyToken = "these AWS credentials are not valid, or not any more: log in again, or set new ones" //nolint:gosec // It is a sentence.
	remedyClock = "the clock of this machine is wrong: set it, and have it kept right (chrony, systemd-timesyncd)"
	remedyKMS   = "the bucket is encrypted with a key of AWS KMS: the AWS identity needs kms:GenerateDataKey and kms:Decrypt on that key, and the key must be enabled"
	remedyPlain = "this server does not do conditional writes (If-Match, If-None-Match), without which two runs cannot be kept apart: use another bucket, or a directory"
)

// explain says what to do about an answer that only a person can change.
func (b *Bucket) explain(e *APIError) {
	switch k := e.kind(); {
	case e.Code == "NoSuchBucket" || e.Code == "InvalidBucketName":
		e.remedy = fmt.Sprintf("there is no bucket %s: is --state right? Nothing makes the bucket: aws s3 mb s3://%s does", b.o.Bucket, b.o.Bucket)
	case k == skewed:
		e.remedy = remedyClock
	case k == moved:
		e.remedy = "the bucket is in another Region: set AWS_REGION to that of the bucket (aws s3api get-bucket-location --bucket " + b.o.Bucket + ")"
	case e.Code == "NotImplemented" || e.Status == http.StatusNotImplemented:
		e.remedy = remedyPlain
	case strings.HasPrefix(e.Code, "KMS.") && k == setup, k == setup && strings.Contains(e.Detail, "kms:"):
		e.remedy = remedyKMS
	case e.Code == "ExpiredToken", e.Code == "InvalidToken", e.Code == "InvalidAccessKeyId", e.Code == "SignatureDoesNotMatch":
		e.remedy = remedyToken
	case k == setup:
		e.remedy = b.permissions()
	}
}

// permissions says what we need (S3 User Guide: required permissions for API
// operations; conditional writes with an ETag ask for s3:GetObject as well).
func (b *Bucket) permissions() string {
	partition, under := "aws", "*"
	region := b.client.Options().Region
	if r := b.region.Load(); r != nil {
		region = *r
	}
	switch {
	case strings.HasPrefix(region, "cn-"):
		partition = "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		partition = "aws-us-gov"
	}
	if b.o.Prefix != "" {
		under = b.o.Prefix + "/*"
	}
	arn := "arn:" + partition + ":s3:::" + b.o.Bucket
	return fmt.Sprintf("the AWS identity needs s3:GetObject, s3:PutObject and s3:DeleteObject on %s/%s, and s3:ListBucket on %s for the s3:prefix %s "+
		"(without the latter S3 answers 403 instead of 404 about what is not there yet); no policy of the bucket may deny them", arn, under, arn, under)
}

// maxDetail is how much of what a server says gets into a message, in bytes.
const maxDetail = 300

func said(s string) string { return httpx.Said(s, maxDetail) }
