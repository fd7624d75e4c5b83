package lookup

import (
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

// inOurWords knows the failures that people meet on the way to credentials, and
// of all others says the type only: the SDK's own text quotes what a
// credential_process printed, and lines of files that it could not read.
func inOurWords(err error) string {
	if _, ok := errors.AsType[*processcreds.ProviderError](err); ok {
		return "credential_process did not end well, or printed something that is not its JSON"
	}
	if _, ok := errors.AsType[*ssocreds.InvalidTokenError](err); ok {
		return "the session of IAM Identity Center has expired or is not there; run aws sso login"
	}
	if e, ok := errors.AsType[config.SharedConfigProfileNotExistError](err); ok {
		return fmt.Sprintf("there is no profile %s in %s", httpx.Said(e.Profile, maxLabel), httpx.Said(strings.Join(e.Filename, ", "), maxDetail))
	}
	if e, ok := errors.AsType[config.SharedConfigLoadError](err); ok {
		return "the file " + httpx.Said(e.Filename, maxDetail) + " cannot be read or is damaged"
	}
	if e, ok := errors.AsType[config.SharedConfigAssumeRoleError](err); ok {
		return "the role of profile " + httpx.Said(e.Profile, maxLabel) + " cannot be assumed"
	}
	if e, ok := errors.AsType[*smithy.OperationError](err); ok {
		return ofOperation(e, err)
	}
	if e, ok := errors.AsType[*net.OpError](err); ok {
		return e.Op + " " + e.Net + " did not succeed"
	}
	for errors.Unwrap(err) != nil {
		err = errors.Unwrap(err)
	}
	return fmt.Sprintf("the AWS SDK could not get them (%T)", err)
}

// ofOperation is for services that give credentials. The last that the SDK asks
// is the metadata service of an instance, which is not there elsewhere.
func ofOperation(e *smithy.OperationError, err error) string {
	if e.Service() == "ec2imds" {
		return "there are none in variables or profiles, and no role of an instance"
	}
	text := fmt.Sprintf("%s %s did not give any", httpx.ID(e.Service()), httpx.ID(e.Operation()))
	if said, ok := errors.AsType[smithy.APIError](err); ok {
		text += " (" + httpx.ID(said.ErrorCode()) + ")"
	}
	return text
}
