// Package awsid is who the program is to AWS: the SDK's configuration, a role of
// another account, a signature that others can send on, and, in words of ours, why
// there are no credentials. It never shows what the SDK says about them.
package awsid

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/processcreds"
	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"
	"github.com/aws/smithy-go"

	"ssosync/internal/httpx"
)

// An Error is an error of the SDK on its way to credentials, in words of
// ours. The SDK's own text is never shown: it quotes what a credential_process
// printed, and lines of the files that it could not read.
type Error struct {
	text string
	sdk  error
}

func (e *Error) Error() string { return e.text }
func (e *Error) Unwrap() error { return e.sdk }

// How much of a name or a path is shown, in bytes.
const (
	maxLabel = 128
	maxPath  = 500
)

// Unquoted returns err with a text that holds nothing but names.
func Unquoted(err error) error {
	if e, ours := errors.AsType[*Error](err); ours {
		return e
	}
	return &Error{inOurWords(err), err}
}

// inOurWords knows the failures that people meet, and of all others says the
// type only.
func inOurWords(err error) string {
	if errors.Is(err, context.Canceled) {
		return context.Canceled.Error()
	}
	if text := ofFiles(err); text != "" {
		return text
	}
	if _, ok := errors.AsType[*ssocreds.InvalidTokenError](err); ok {
		return "the session of IAM Identity Center has expired or is not there; run aws sso login"
	}
	if e, ok := errors.AsType[*smithy.OperationError](err); ok {
		if e.Service() == "ec2imds" { // the last that the SDK asks
			return "there are none in variables or profiles, and no role of an instance"
		}
		text := fmt.Sprintf("%s %s did not give any", httpx.ID(e.Service()), httpx.ID(e.Operation()))
		said, ok := errors.AsType[smithy.APIError](err)
		if ok {
			text += " (" + httpx.ID(said.ErrorCode()) + ")"
		}
		if e.Operation() == "AssumeRole" && ok && said.ErrorCode() == "AccessDenied" {
			text += ": this identity needs sts:AssumeRole on the role, and the role's trust policy must name it, with the external id if it asks for one"
		}
		return text
	}
	if e, ok := errors.AsType[*net.OpError](err); ok {
		return e.Op + " " + e.Net + " did not succeed"
	}
	for errors.Unwrap(err) != nil {
		err = errors.Unwrap(err)
	}
	return fmt.Sprintf("the AWS SDK could not get them (%T)", err)
}

// ofFiles is for what is in the SDK's own files, or is run by them.
func ofFiles(err error) string {
	if _, ok := errors.AsType[*processcreds.ProviderError](err); ok {
		return "credential_process did not end well, or printed something that is not its JSON (AWS SDKs and Tools Reference Guide: process credential provider)"
	}
	if e, ok := errors.AsType[config.SharedConfigProfileNotExistError](err); ok {
		return fmt.Sprintf("there is no profile %q in %s", httpx.Said(e.Profile, maxLabel), httpx.Said(strings.Join(e.Filename, ", "), maxPath))
	}
	if e, ok := errors.AsType[config.SharedConfigLoadError](err); ok {
		return fmt.Sprintf("the file %s cannot be read or is damaged", httpx.Said(e.Filename, maxPath))
	}
	if e, ok := errors.AsType[config.SharedConfigAssumeRoleError](err); ok {
		return fmt.Sprintf("the role %q of profile %q cannot be assumed", httpx.Said(e.RoleARN, maxLabel), httpx.Said(e.Profile, maxLabel))
	}
	if _, ok := errors.AsType[config.AssumeRoleTokenProviderNotSetError](err); ok {
		return "the profile's role asks for a code of an MFA device, which nobody can be asked for here"
	}
	return ""
}
