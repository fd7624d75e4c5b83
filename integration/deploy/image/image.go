package main

import (
	"archive/tar"
	"bytes"
	"encoding/pem"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// Where things are in the image. Go looks for certificates at the second of
// them first (crypto/x509, root_linux.go).
const (
	programPath = "usr/local/bin/ssosync"
	certsPath   = "etc/ssl/certs/ca-certificates.crt"
)

// nobody is a user and a group that own nothing, by number, since the image has
// no /etc/passwd and runAsNonRoot takes numbers only.
const nobody = "65532:65532"

// Labels say what is in an image, under the names of the OCI image
// specification (annotations.md).
type Labels struct {
	Version, Revision, Source string
	Created                   time.Time // zero is 1970
}

func (l Labels) all() map[string]string {
	all := map[string]string{
		"org.opencontainers.image.title":       "ssosync",
		"org.opencontainers.image.description": "Keeps AWS IAM Identity Center like a Google Workspace directory",
		"org.opencontainers.image.licenses":    "Apache-2.0",
	}
	for name, value := range map[string]string{"version": l.Version, "revision": l.Revision, "source": l.Source} {
		if value != "" {
			all["org.opencontainers.image."+name] = value
		}
	}
	return all
}

// Write makes an image for each platform, such as linux/arm64, and an index of
// them, in a new directory.
func Write(dir string, programs map[string]string, l Labels) error {
	if l.Created.IsZero() {
		l.Created = time.Unix(0, 0).UTC()
	}
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, name := range slices.Sorted(maps.Keys(programs)) {
		platform, err := v1.ParsePlatform(name)
		if err != nil {
			return fmt.Errorf("read platform %q: %w", name, err)
		}
		img, err := image(*platform, programs[name], l)
		if err != nil {
			return fmt.Errorf("make the image for %s: %w", name, err)
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: img, Descriptor: v1.Descriptor{Platform: platform}})
	}
	if err := os.Mkdir(dir, 0o755); err != nil { //nolint:gosec // An image is no secret.
		return fmt.Errorf("make the layout: %w", err)
	}
	if _, err := layout.Write(dir, index); err != nil {
		return fmt.Errorf("write the layout: %w", err)
	}
	return nil
}

func image(platform v1.Platform, program string, l Labels) (v1.Image, error) {
	content, err := os.ReadFile(program) //nolint:gosec // It is what was asked for.
	if err != nil {
		return nil, err
	}
	certs, err := certificates()
	if err != nil {
		return nil, err
	}
	// The certificates change seldom, and are a layer of their own.
	layers := make([]v1.Layer, 2)
	for n, f := range []tar.Header{{Name: certsPath, Mode: 0o444}, {Name: programPath, Mode: 0o555}} {
		data := certs
		if f.Name == programPath {
			data = content
		}
		if layers[n], err = layer(f, data, l.Created); err != nil {
			return nil, err
		}
	}
	img := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	if img, err = mutate.AppendLayers(img, layers...); err != nil {
		return nil, err
	}
	return mutate.ConfigFile(img, config(img, platform, l))
}

// config is how the image runs: as nobody, with the program as its only word.
func config(img v1.Image, platform v1.Platform, l Labels) *v1.ConfigFile {
	c := &v1.ConfigFile{OS: platform.OS, Architecture: platform.Architecture, Variant: platform.Variant, Created: v1.Time{Time: l.Created}}
	if old, err := img.ConfigFile(); err == nil {
		c.RootFS, c.History = old.RootFS, old.History
	}
	c.Config = v1.Config{Entrypoint: []string{"/" + programPath}, User: nobody, WorkingDir: "/", Labels: l.all()}
	return c
}

// layer is a tar of one file and the directories above it, compressed.
func layer(f tar.Header, data []byte, at time.Time) (v1.Layer, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for n, c := range f.Name {
		if c != '/' {
			continue
		}
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: f.Name[:n+1], Mode: 0o755, ModTime: at}); err != nil {
			return nil, err
		}
	}
	f.Typeflag, f.Size, f.ModTime = tar.TypeReg, int64(len(data)), at
	if err := w.WriteHeader(&f); err != nil {
		return nil, err
	}
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	opener := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b.Bytes())), nil }
	return tarball.LayerFromOpener(opener, tarball.WithMediaType(types.OCILayer))
}

// certificates are those that Mozilla trusts for servers, as the Go project
// publishes them. Those that it trusts in part cannot be said in PEM, and are
// left out.
func certificates() ([]byte, error) {
	var b strings.Builder
	for root := range bundle.Roots() {
		if root.Constraint != nil {
			continue
		}
		if err := pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}); err != nil {
			return nil, err
		}
	}
	if b.Len() == 0 {
		return nil, fmt.Errorf("there are no certificates")
	}
	return []byte(b.String()), nil
}
