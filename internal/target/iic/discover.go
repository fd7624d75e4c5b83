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
// their Region.
func findStore(ctx context.Context, cfg aws.Config) (string, error) {
	instance, err := findInstance(ctx, cfg, ssoadmin.NewFromConfig(cfg), "")
	switch {
	case errors.Is(err, ErrSetup):
		return "", err // it says so itself
	case err != nil:
		return "", fmt.Errorf("find the identity store: %w", err)
	}
	id := aws.ToString(instance.IdentityStoreId)
	if id == "" {
		return "", &setupError{errors.New("the instance of IAM Identity Center has no identity store")}
	}
	return id, nil
}

// findInstance returns the instance that has the identity store or, if that is
// "", the one to be chosen (IAM Identity Center API reference: ListInstances).
func findInstance(ctx context.Context, cfg aws.Config, client *ssoadmin.Client, store string) (types.InstanceMetadata, error) {
	all, err := instances(ctx, client)
	if err != nil {
		return types.InstanceMetadata{}, err
	}
	if store != "" {
		of := func(i types.InstanceMetadata) bool {
			return aws.ToString(i.IdentityStoreId) == store || aws.ToString(i.IdentityStoreArn) == store
		}
		if i := slices.IndexFunc(all, of); i >= 0 {
			return all[i], nil
		}
		return types.InstanceMetadata{}, &setupError{fmt.Errorf("no instance of IAM Identity Center that these AWS credentials can see in %s has the identity store %s", cfg.Region, said(&store))}
	}
	caller := ""
	if cred, err := cfg.Credentials.Retrieve(ctx); err == nil {
		caller = cred.AccountID
	}
	one, err := chooseInstance(all, caller, cfg.Region)
	if err != nil {
		return one, &setupError{err}
	}
	return one, nil
}

func instances(ctx context.Context, client *ssoadmin.Client) ([]types.InstanceMetadata, error) {
	ctx = httpx.WithOp(ctx, opInstances)
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
	return all, err
}

// chooseInstance takes the only active instance, or else the only active one of
// another account than the caller's, if that is known: a delegated administrator
// sees the organization's instance beside its own.
func chooseInstance(all []types.InstanceMetadata, caller, region string) (one types.InstanceMetadata, err error) {
	if len(all) == 0 {
		return one, fmt.Errorf("there is no instance of IAM Identity Center in %s that these AWS credentials can see; is this its Region, and the management or delegated administrator account?", region)
	}
	active := slices.DeleteFunc(slices.Clone(all), func(i types.InstanceMetadata) bool { return i.Status != types.InstanceStatusActive && i.Status != "" })
	if len(active) == 0 {
		return one, fmt.Errorf("no instance of IAM Identity Center in %s is active:\n%s", region, listing(all))
	}
	if len(active) > 1 && caller != "" {
		others := slices.DeleteFunc(slices.Clone(active), func(i types.InstanceMetadata) bool { return aws.ToString(i.OwnerAccountId) == caller })
		if len(others) > 0 {
			active = others
		}
	}
	if len(active) > 1 {
		return one, fmt.Errorf("there is more than one instance of IAM Identity Center in %s; give the identity store's id:\n%s", region, listing(active))
	}
	return active[0], nil
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
