package wire

import (
	"errors"
	"net/http"
	"slices"

	"ssosync/internal/source/google"
	"ssosync/internal/source/google/auth"
	"ssosync/internal/state/bucket"
	"ssosync/internal/target/iic"
)

// NeedsPerson reports whether a side does not let us in, or would not if we came
// back: nothing but a person's deed helps, on credentials, rights or settings.
func NeedsPerson(err error) bool {
	if e, ok := errors.AsType[*auth.Error](err); ok {
		return e.Status < http.StatusInternalServerError
	}
	if e, ok := errors.AsType[*google.Error](err); ok {
		return e.Remedy != ""
	}
	for _, setup := range []error{bucket.ErrSetup, iic.ErrUnauthorized, iic.ErrNoReader, iic.ErrSetup} {
		if errors.Is(err, setup) {
			return true
		}
	}
	return iic.Remedy(err) != "" || NoStore(err)
}

// NoStore reports whether AWS knows no such identity store. What its lists miss
// can be nothing else (Identity Store API reference: ListUsers, errors).
func NoStore(err error) bool {
	e, ok := errors.AsType[*iic.APIError](err)
	return ok && e.Code == "ResourceNotFoundException" && slices.Contains([]string{"identitystore:ListUsers", "identitystore:ListGroups"}, e.Op)
}
