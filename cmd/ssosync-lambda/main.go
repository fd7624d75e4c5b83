// Command ssosync-lambda is the bootstrap of an AWS Lambda function that keeps
// IAM Identity Center like a Google Workspace directory. It hands the process
// over to package lambda, and does nothing else.
package main

import (
	"os"

	"ssosync/internal/lambda"
)

func main() {
	lambda.Start(lambda.Env{Stdout: os.Stdout, Environ: os.Environ()})
}
