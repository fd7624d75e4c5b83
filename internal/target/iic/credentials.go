package iic

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

// A credentialsError is an error of the SDK on its way to credentials, in words of
// ours. The SDK's own text is never shown: it quotes what a credential_process
// printed, and lines of the files that it could not read.
type credentialsError struct {
	text string
	sdk  error
}

func (e *credentialsError) Error() string { return e.text }
func (e *credentialsError) Unwrap() error { return e.sdk }

// unquoted returns err with a text that holds nothing but names.
func unquoted(err error) error {
	if e, ours := errors.AsType[*credentialsError](err); ours {
		return e
	}
	return &credentialsError{inOurWords(err), err}
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
		text := fmt.Sprintf("%s %s did not give any", e.Service(), e.Operation())
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
		return fmt.Sprintf("there is no profile %q in %s", e.Profile, strings.Join(e.Filename, ", "))
	}
	if e, ok := errors.AsType[config.SharedConfigLoadError](err); ok {
		return fmt.Sprintf("the file %s cannot be read or is damaged", e.Filename)
	}
	if e, ok := errors.AsType[config.SharedConfigAssumeRoleError](err); ok {
		return fmt.Sprintf("the role %q of profile %q cannot be assumed", e.RoleARN, e.Profile)
	}
	if _, ok := errors.AsType[config.AssumeRoleTokenProviderNotSetError](err); ok {
		return "the profile's role asks for a code of an MFA device, which nobody can be asked for here"
	}
	return ""
}
