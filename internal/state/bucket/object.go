package bucket

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// An object is what was found under a key.
type object struct {
	data []byte
	etag string // with its quotes, as S3 writes it
	// written and seen are when that happened, by the clock of S3, to the second;
	// zero if the server does not say.
	written, seen time.Time
}

// usual is how much a large object has, in bytes: there is time for so much, and
// a little more than that where the line is good. A ledger has 290 for each user.
const usual = 6 << 20

// get reads an object of at most so many bytes. The error is fs.ErrNotExist if
// there is none.
func (b *Bucket) get(ctx context.Context, key string, most int) (o object, err error) {
	err = b.try(ctx, "s3:GetObject", key, min(most/8, usual), func(ctx context.Context) error {
		res, err := b.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &b.o.Bucket, Key: &key}, b.there)
		if err != nil {
			return err
		}
		defer res.Body.Close() //nolint:errcheck // All that we want of it is read, or lost.
		o = object{etag: aws.ToString(res.ETag), written: aws.ToTime(res.LastModified)}
		o.seen, _ = awsmiddleware.GetServerTime(res.ResultMetadata)
		if o.data, err = io.ReadAll(io.LimitReader(res.Body, int64(most)+1)); err != nil {
			return err
		}
		if len(o.data) > most {
			return fmt.Errorf("it has more than %d bytes: %w", most, errOdd)
		}
		return nil
	})
	return o, err
}

// put writes an object in the place of the version that has this ETag; "" means
// that there must be none. It returns the new ETag. The error is [ErrChanged] if
// something else is there. If no answer came, or one that may be about our own
// earlier attempt, it looks what is there.
func (b *Bucket) put(ctx context.Context, key string, data []byte, etag string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, within+lookWithin+carry(len(data)))
	defer cancel()
	now, err := b.putOnce(ctx, key, data, etag)
	if err == nil {
		return now, nil
	}
	if etag != "" && errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%w: it was deleted: %v", ErrChanged, err) //nolint:errorlint // It is no fs.ErrNotExist: something was there.
	}
	if !errors.Is(err, ErrChanged) && !errors.Is(err, ErrUnavailable) {
		return "", err
	}
	seen, lookErr := b.get(ctx, key, max(len(data), 1))
	switch {
	case lookErr == nil && bytes.Equal(seen.data, data):
		return seen.etag, nil
	case errors.Is(err, ErrChanged) && errors.Is(lookErr, ErrUnavailable):
		return "", fmt.Errorf("find out whether %s was written: %w", b.url(key), lookErr)
	}
	return "", err
}

// putOnce believes what S3 says.
func (b *Bucket) putOnce(ctx context.Context, key string, data []byte, etag string) (now string, err error) {
	in := &s3.PutObjectInput{Bucket: &b.o.Bucket, Key: &key, IfMatch: &etag}
	if etag == "" {
		in.IfMatch, in.IfNoneMatch = nil, aws.String("*")
	}
	err = b.try(ctx, "s3:PutObject", key, len(data), func(ctx context.Context) error {
		in.Body = bytes.NewReader(data)
		res, err := b.client.PutObject(ctx, in, b.there)
		if err == nil {
			now = aws.ToString(res.ETag)
		}
		return err
	})
	if err == nil && now == "" {
		err = &setupError{fmt.Errorf("s3:PutObject %s: the server did not return an ETag", b.url(key))}
	}
	return now, err
}

// remove deletes the version of an object that has this ETag. That it is gone
// already is no error; that it is another one is [ErrChanged]. If no answer came,
// it looks.
func (b *Bucket) remove(ctx context.Context, key, etag string) error {
	ctx, cancel := context.WithTimeout(ctx, within+lookWithin)
	defer cancel()
	err := b.try(ctx, "s3:DeleteObject", key, 0, func(ctx context.Context) error {
		_, err := b.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &b.o.Bucket, Key: &key, IfMatch: &etag}, b.there)
		return err
	})
	if errors.Is(err, ErrUnavailable) {
		if _, lookErr := b.get(ctx, key, 1); errors.Is(lookErr, fs.ErrNotExist) {
			return nil
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// A page is a part of a listing.
type page struct {
	keys []string
	next string // what leads to the next one; "" if this is the last
}

// list returns keys that begin with prefix, in their order.
func (b *Bucket) list(ctx context.Context, prefix, from string, most int32) (p page, err error) {
	in := &s3.ListObjectsV2Input{Bucket: &b.o.Bucket, Prefix: &prefix, MaxKeys: &most}
	if from != "" {
		in.ContinuationToken = &from
	}
	err = b.try(ctx, "s3:ListBucket", prefix, 0, func(ctx context.Context) error {
		res, err := b.client.ListObjectsV2(ctx, in, b.there)
		if err != nil {
			return err
		}
		p = page{}
		for _, o := range res.Contents {
			p.keys = append(p.keys, aws.ToString(o.Key))
		}
		if aws.ToBool(res.IsTruncated) {
			p.next = aws.ToString(res.NextContinuationToken)
			if p.next == "" || p.next == from {
				return fmt.Errorf("the listing says that it goes on, and not where: %w", errOdd)
			}
		}
		return nil
	})
	return p, err
}
