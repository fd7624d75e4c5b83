package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"ssosync/internal/httpx"
)

// AWS is the identity of whatever runs in AWS: a Lambda function, an EC2
// instance, an ECS task, a pod of EKS by IRSA or Pod Identity. Whose credentials
// those are, and how they are signed with, is the business of AWS's SDK, and of
// who uses it.
//
// The proof is a signed request for GetCallerIdentity, which Google sends on to
// AWS (IAM guide: Workload Identity Federation with AWS).
type AWS struct {
	// Region is that of the STS endpoint, as in "eu-central-1".
	Region string
	// Sign adds the headers of Signature Version 4 to a request without a body
	// to the service "sts" in Region: Authorization, X-Amz-Date, and for
	// temporary credentials X-Amz-Security-Token. It must sign all headers that
	// are there, and the host.
	Sign func(ctx context.Context, req *http.Request) error
	// ARN returns the ARN of GetCallerIdentity. It is asked for when there is a
	// refusal to explain; nil means that nobody knows.
	ARN func(ctx context.Context) (string, error)
}

const kindAWS = "urn:ietf:params:aws:token-type:aws4_request"

func (a AWS) check() error {
	if a.Sign == nil {
		return errors.New("no AWS credentials to log in to Google with")
	}
	_, err := stsHost(a.Region)
	return err
}

// stsHost returns the regional endpoint of AWS's Security Token Service, which
// is in a domain of its own in China and in the European Sovereign Cloud (AWS
// General Reference: AWS STS endpoints).
func stsHost(region string) (string, error) {
	switch {
	case region == "":
		return "", errors.New("no AWS region: set AWS_REGION or --region")
	case !regexp.MustCompile(`^[a-z]{2,5}(-[a-z]+)+-[0-9]{1,2}$`).MatchString(region):
		return "", fmt.Errorf("%q is no AWS region", httpx.ID(region))
	case strings.HasPrefix(region, "cn-"):
		return "sts." + region + ".amazonaws.com.cn", nil
	case strings.HasPrefix(region, "eusc-"):
		return "sts." + region + ".amazonaws.eu", nil
	}
	return "sts." + region + ".amazonaws.com", nil
}

// subject returns the signed request in the form that Google sends it on in.
// The audience is among what is signed, so that it proves nothing to others.
func (a AWS) subject(ctx context.Context, _ *client, p provider) (token, kind string, err error) {
	host, err := stsHost(a.Region)
	if err != nil {
		return "", "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+host+"?Action=GetCallerIdentity&Version=2011-06-15", http.NoBody)
	if err != nil {
		return "", "", fmt.Errorf("write the request for GetCallerIdentity: %w", err)
	}
	req.Header.Set("X-Goog-Cloud-Target-Resource", p.audience())
	if err := a.Sign(ctx, req); err != nil {
		return "", "", fmt.Errorf("sign a request with the AWS credentials: %w", err)
	}
	type field struct {
		Key   string `json:"key"`
		Value string `json:"value"`
	}
	fields := []field{{"host", req.URL.Host}}
	for _, name := range []string{"Authorization", "X-Amz-Date", "X-Amz-Security-Token", "X-Goog-Cloud-Target-Resource"} {
		if v := req.Header.Get(name); v != "" {
			fields = append(fields, field{strings.ToLower(name), v})
		}
	}
	if req.Header.Get("Authorization") == "" {
		return "", "", errors.New("sign a request with the AWS credentials: it is not signed")
	}
	doc, err := json.Marshal(map[string]any{"url": req.URL.String(), "method": req.Method, "headers": fields})
	if err != nil {
		return "", "", fmt.Errorf("write the request for GetCallerIdentity: %w", err)
	}
	return url.QueryEscape(string(doc)), kindAWS, nil
}

func (a AWS) kind() string  { return "AWS role" }
func (a AWS) known() string { return "" }

func (a AWS) ask(ctx context.Context) string {
	if a.ARN == nil {
		return ""
	}
	arn, err := a.ARN(ctx)
	if err != nil || !isARN(arn) {
		return "" // what is being explained is another error
	}
	return arn
}

func isARN(s string) bool {
	return len(s) < 2048 && regexp.MustCompile(`^arn:[a-z-]+:(sts|iam)::[0-9]{12}:[A-Za-z0-9+=,.@_/-]+$`).MatchString(s)
}

// member follows the attribute mapping that Google gives to providers of AWS by
// default: aws_role is the ARN of a role without the session, and of anything
// else the whole ARN.
func (a AWS) member(arn, principals string) string {
	if arn == "" {
		arn = "arn:aws:sts::ACCOUNT:assumed-role/ROLE"
	}
	if parts := strings.Split(arn, "/"); strings.HasSuffix(parts[0], ":assumed-role") && len(parts) > 2 {
		arn = parts[0] + "/" + parts[1]
	}
	return principals + "/attribute.aws_role/" + arn
}
