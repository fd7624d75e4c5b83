package iic

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin/types"

	"ssosync/internal/httpx"
)

// findStore returns the id of the identity store that the credentials see in
// their Region (IAM Identity Center API reference: ListInstances).
func findStore(ctx context.Context, cfg aws.Config) (string, error) {
	client := ssoadmin.NewFromConfig(cfg)
	ctx = httpx.WithOp(ctx, adminPrefix+"ListInstances")
	var all []types.InstanceMetadata
	in := &ssoadmin.ListInstancesInput{MaxResults: aws.Int32(pageSize)}
	err := follow(ctx, func(next *string) (*string, []string, error) {
		in.NextToken = next
		out, err := client.ListInstances(ctx, in)
		if err != nil {
			return nil, nil, err
		}
		var ids []string
		for _, i := range out.Instances {
			ids = append(ids, aws.ToString(i.InstanceArn))
		}
		all = append(all, out.Instances...)
		return out.NextToken, ids, nil
	})
	if err != nil {
		return "", fmt.Errorf("find the identity store: %w", err)
	}
	caller := ""
	if cred, err := cfg.Credentials.Retrieve(ctx); err == nil {
		caller = cred.AccountID
	}
	id, err := chooseStore(all, caller, cfg.Region)
	if err != nil {
		return "", &setupError{err}
	}
	return id, nil
}

// chooseStore takes the only active instance, or else the only active one of
// another account than the caller's, if that is known: a delegated administrator
// sees the organization's instance beside its own.
func chooseStore(all []types.InstanceMetadata, caller, region string) (string, error) {
	if len(all) == 0 {
		return "", fmt.Errorf("there is no instance of IAM Identity Center in %s that these AWS credentials can see; is this its Region, and the management or delegated administrator account?", region)
	}
	active := slices.DeleteFunc(slices.Clone(all), func(i types.InstanceMetadata) bool { return i.Status != types.InstanceStatusActive && i.Status != "" })
	if len(active) == 0 {
		return "", fmt.Errorf("no instance of IAM Identity Center in %s is active:\n%s", region, listing(all))
	}
	if len(active) > 1 && caller != "" {
		others := slices.DeleteFunc(slices.Clone(active), func(i types.InstanceMetadata) bool { return aws.ToString(i.OwnerAccountId) == caller })
		if len(others) > 0 {
			active = others
		}
	}
	if len(active) > 1 {
		return "", fmt.Errorf("there is more than one instance of IAM Identity Center in %s; give the identity store's id:\n%s", region, listing(active))
	}
	id := aws.ToString(active[0].IdentityStoreId)
	if id == "" {
		return "", errors.New("the instance of IAM Identity Center has no identity store")
	}
	return id, nil
}

func listing(all []types.InstanceMetadata) string {
	lines := make([]string, 0, len(all))
	for _, i := range all {
		lines = append(lines, fmt.Sprintf("  %s  %s  %s  owned by account %s  %s", said(i.IdentityStoreId), said(i.InstanceArn),
			httpx.ID(string(i.Status)), said(i.OwnerAccountId), said(i.Name)))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func said(s *string) string { return httpx.Said(aws.ToString(s), maxDetail) }
