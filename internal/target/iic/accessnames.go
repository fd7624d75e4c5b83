package iic

import (
	"context"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin"

	"ssosync/internal/httpx"
)

// A once is looked up once, however many ask for it at the same time. What comes
// of it holds, an error as well; only if the one who looks runs out of time,
// the next one looks. The zero value has not been looked up.
type once[T any] struct {
	mu    sync.Mutex
	turn  chan struct{} // holds one element while somebody looks
	known bool
	value T
	err   error
}

func (o *once[T]) get(ctx context.Context, look func(context.Context) (T, error)) (none T, err error) {
	o.mu.Lock()
	if o.turn == nil {
		o.turn = make(chan struct{}, 1)
	}
	turn := o.turn
	o.mu.Unlock()
	select {
	case turn <- struct{}{}:
		defer func() { <-turn }()
	case <-ctx.Done():
		return none, context.Cause(ctx)
	}
	if o.known {
		return o.value, o.err
	}
	v, err := look(ctx)
	if ctx.Err() == nil {
		o.known, o.value, o.err = true, v, err
	}
	return v, err
}

// labels are what permission sets and applications are called, by their ARNs.
type labels struct {
	mu   sync.Mutex
	byID map[string]*once[string]
}

// of returns the name of what has the ARN. A name that cannot be had is no reason
// to hide an assignment: the ARN stands in its place. The error is the context's.
func (n *labels) of(ctx context.Context, arn string, look func(ctx context.Context, arn string) (string, error)) (string, error) {
	n.mu.Lock()
	if n.byID == nil {
		n.byID = map[string]*once[string]{}
	}
	one := n.byID[arn]
	if one == nil {
		one = &once[string]{}
		n.byID[arn] = one
	}
	n.mu.Unlock()
	name, err := one.get(ctx, func(ctx context.Context) (string, error) { return look(ctx, arn) })
	if err == nil && name != "" {
		return name, nil
	}
	return said(&arn), context.Cause(ctx)
}

func (l *accessLane) permissionSet(ctx context.Context, arn string) (string, error) {
	out, err := l.client.DescribePermissionSet(httpx.WithOp(ctx, opPermission), &ssoadmin.DescribePermissionSetInput{
		InstanceArn: &l.instance, PermissionSetArn: aws.String(arn),
	})
	if err != nil || out.PermissionSet == nil {
		return "", err
	}
	return said(out.PermissionSet.Name), nil
}

func (l *accessLane) application(ctx context.Context, arn string) (string, error) {
	out, err := l.client.DescribeApplication(httpx.WithOp(ctx, opApplication), &ssoadmin.DescribeApplicationInput{
		ApplicationArn: aws.String(arn),
	})
	if err != nil {
		return "", err
	}
	return said(out.Name), nil
}
