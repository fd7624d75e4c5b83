package iic

import (
	"errors"
	"fmt"
	"strings"

	"ssosync/internal/httpx"
	"ssosync/internal/identity"
)

// A noAccessError is an [ErrNoAccess] that speaks for itself, in one sentence.
type noAccessError struct {
	text string
	err  error
}

func (e *noAccessError) Error() string        { return e.text }
func (e *noAccessError) Unwrap() error        { return e.err }
func (e *noAccessError) Is(target error) bool { return target == ErrNoAccess }

// maxSentence is how much of our own words and the service's there may be, in
// bytes: a listing of instances, say.
const maxSentence = 900

// noAccess returns what err says of all questions about what is assigned, or nil
// if another one may be answered.
func noAccess(err error) *noAccessError {
	if errors.Is(err, ErrSetup) {
		return &noAccessError{httpx.Said(err.Error(), maxSentence), err}
	}
	e, ok := errors.AsType[*APIError](err)
	if !ok {
		return nil
	}
	var text string
	action := "sso:" + strings.TrimPrefix(e.Op, adminPrefix)
	switch {
	case e.Reason == "KMS_ACCESS_DENIED":
		text = remedyKMS
	case e.Code == "AccessDeniedException":
		text = "the AWS identity needs " + action + ", and must belong to the management account of an organization instance of IAM Identity Center"
	case e.Is(ErrUnauthorized):
		text = "AWS does not accept the credentials: they have expired, or are wrong"
	case e.Is(identity.ErrRejected):
		text = "AWS tells it to the management account of an organization instance of IAM Identity Center only, not to others and not for account instances"
	default:
		return nil
	}
	return &noAccessError{fmt.Sprintf("%s (%s)", text, e.answer()), err}
}
