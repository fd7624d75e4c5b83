package lambda

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline/types"

	"ssosync/internal/awsid"
)

// jobWithin is how long it may take to tell CodePipeline, retries included.
const jobWithin = afterwards - time.Second

// tellJob tells CodePipeline how its job ended; without one it does nothing. A
// run that ran out of time in the middle of its work is told as a success that
// continues, so that CodePipeline sends the job again (CodePipeline API
// reference: PutJobSuccessResult, continuationToken). It has to be told, or else
// it waits for an hour: the end of ctx does not keep it from being told.
func (i *invocation) tellJob(ctx context.Context, job string, r Result) {
	if job == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), jobWithin)
	defer cancel()
	if err := i.putJob(ctx, job, r); err != nil {
		i.log.Error("CodePipeline could not be told how its job ended", "job", job, "err", err)
	}
}

func (i *invocation) putJob(ctx context.Context, job string, r Result) error {
	cfg, err := awsid.Configure("", awsid.Static{}, awsid.Role{})(ctx) // the function's own
	if err != nil {
		return fmt.Errorf("AWS configuration: %w", err)
	}
	cfg.HTTPClient = &http.Client{Transport: i.base}
	client := codepipeline.NewFromConfig(cfg)
	id := aws.String(i.id)
	if i.id == "" {
		id = nil
	}
	if r.errorType == "" && (r.Code == codeOK || !r.Done) {
		in := &codepipeline.PutJobSuccessResultInput{
			JobId: aws.String(job), ExecutionDetails: &types.ExecutionDetails{Summary: aws.String(r.Message), ExternalExecutionId: id},
		}
		if !r.Done {
			in.ContinuationToken = aws.String("ssosync")
		}
		_, err = client.PutJobSuccessResult(ctx, in)
	} else {
		_, err = client.PutJobFailureResult(ctx, &codepipeline.PutJobFailureResultInput{
			JobId:          aws.String(job),
			FailureDetails: &types.FailureDetails{Type: types.FailureTypeJobFailed, Message: aws.String(r.errorMessage()), ExternalExecutionId: id},
		})
	}
	if err != nil {
		return fmt.Errorf("put the job's result: %w", err)
	}
	return nil
}
