package iic_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	emulator "ssosync/internal/emulator/iic"
	"ssosync/internal/emulator/inproc"
	"ssosync/internal/secret"
	"ssosync/internal/target/iic"
	"ssosync/internal/target/targettest"
)

// Identity Center keeps a target's promises, whatever AWS does where its
// documentation is silent, and by whichever API it is read.
func TestPromises(t *testing.T) {
	for _, reader := range []iic.Reader{iic.ReaderSCIM, iic.ReaderIdentityStore} {
		for _, s := range emulator.AllSwitches() {
			if s.Switches.NoCursor && reader == iic.ReaderSCIM || s.Switches.Lag > 0 || s.Default && s.Name != "active.default" {
				continue // cannot be read; does not show at once what was written; the same as another
			}
			t.Run(string(reader)+"/"+s.String(), func(t *testing.T) {
				targettest.Run(t, func(t *testing.T) targettest.Target {
					server := emulator.New(emulator.Options{Tokens: []emulator.Token{{Value: "s3cret"}}, Switches: s.Switches})
					tg, err := iic.New(iic.Options{
						Endpoint: "https://scim.us-east-1.amazonaws.com" + server.BasePath(), Token: secret.New("s3cret"),
						Reader: reader, IdentityStoreID: "d-1234567890", Base: inproc.Transport(server),
						AWS: func(context.Context) (aws.Config, error) {
							return aws.Config{Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", "")}, nil
						},
					})
					if err != nil {
						t.Fatal(err)
					}
					return tg
				})
			})
		}
	}
}
