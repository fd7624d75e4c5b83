//go:build linux

package deploy

import (
	"archive/tar"
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

// makeImage builds an image as deploy/container/build does, of the program that
// is there already.
func makeImage(t *testing.T, dir string) v1.ImageIndex {
	t.Helper()
	at := filepath.Join(dir, "layout")
	cmd := exec.CommandContext(t.Context(), "go", "run", "./image", "-out", at, "-version", "1.2.3", "-date", "2026-11-26T00:00:00Z",
		"linux/amd64="+program, "linux/arm64="+program)
	output(t, cmd)
	p, err := layout.FromPath(at)
	must(t, err)
	index, err := p.ImageIndex()
	must(t, err)
	return index
}

func TestImage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	index := makeImage(t, dir)
	must(t, validate.Index(index))
	manifest, err := index.IndexManifest()
	must(t, err)
	if len(manifest.Manifests) != 2 {
		t.Fatalf("there are %d images", len(manifest.Manifests))
	}
	again, err := makeImage(t, t.TempDir()).Digest()
	must(t, err)
	if first, _ := index.Digest(); first != again {
		t.Errorf("the same program makes %s and %s", first, again)
	}
	img, err := index.Image(manifest.Manifests[0].Digest)
	must(t, err)
	config, err := img.ConfigFile()
	must(t, err)
	if config.Config.User != "65532:65532" || config.Config.Labels["org.opencontainers.image.version"] != "1.2.3" {
		t.Errorf("it runs as %q, with labels %v", config.Config.User, config.Config.Labels)
	}
	top := filepath.Join(dir, "root")
	paths := extract(t, img, top)
	slices.Sort(paths)
	if got := strings.Join(paths, " "); got != "etc etc/ssl etc/ssl/certs etc/ssl/certs/ca-certificates.crt usr usr/local usr/local/bin usr/local/bin/ssosync" {
		t.Errorf("it holds %s", got)
	}
	t.Run("certificates", func(t *testing.T) { trusted(t, top+"/etc/ssl/certs/ca-certificates.crt") })
	t.Run("runs", func(t *testing.T) {
		c := container{top: top, config: config}
		if out, code := c.run(t, nil, "version"); code != 0 || !strings.HasPrefix(out, "ssosync ") {
			t.Errorf("version: %d\n%s", code, out)
		}
		if out, code := c.run(t, nil, "demo"); code != 0 {
			t.Errorf("demo: %d\n%s", code, out)
		}
	})
	t.Run("finds its certificates", func(t *testing.T) { overTLS(t, container{top: top, config: config}) })
}

// extract lays the file system of an image out in a directory, and lists it.
func extract(t *testing.T, img v1.Image, top string) (paths []string) {
	t.Helper()
	rc := mutate.Extract(img)
	defer rc.Close()
	for r := tar.NewReader(rc); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		must(t, err)
		paths = append(paths, h.Name)
		path := filepath.Join(top, filepath.Clean("/"+h.Name))
		if h.Typeflag == tar.TypeDir {
			must(t, os.MkdirAll(path, 0o755))
			continue
		}
		data, err := io.ReadAll(r)
		must(t, err)
		must(t, os.MkdirAll(filepath.Dir(path), 0o755))
		must(t, os.WriteFile(path, data, h.FileInfo().Mode().Perm()))
	}
	return paths
}

// trusted holds that the roots that Google's and AWS's servers have are there.
func trusted(t *testing.T, path string) {
	data, err := os.ReadFile(path)
	must(t, err)
	want := map[string]bool{"GTS Root R1": false, "GTS Root R4": false, "Amazon Root CA 1": false}
	n := 0
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		cert, err := x509.ParseCertificate(block.Bytes)
		must(t, err)
		n++
		if _, ok := want[cert.Subject.CommonName]; ok {
			want[cert.Subject.CommonName] = true
		}
	}
	for name, there := range want {
		if !there {
			t.Errorf("%s is not trusted", name)
		}
	}
	if n < 100 {
		t.Errorf("%d certificates are few", n)
	}
}

// A container is the file system of an image, to be run without a runtime: as
// nobody, with no capability, where nothing can be written and no /tmp is.
type container struct {
	top    string
	config *v1.ConfigFile
}

func (c container) run(t *testing.T, environ []string, args ...string) (out string, code int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), c.config.Config.Entrypoint[0], args...)
	cmd.Dir, cmd.Env = "/", slices.Concat(environ, c.config.Config.Env)
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: c.top, Credential: &syscall.Credential{Uid: 65532, Gid: 65532}}
	if os.Geteuid() != 0 {
		t.Fatal("this test changes its root directory, for which it has to be root: run it with sudo, or in a container")
	}
	for path := c.top; path != "/"; path = filepath.Dir(path) {
		must(t, os.Chmod(path, 0o755))
		if path == os.TempDir() {
			break
		}
	}
	var b bytes.Buffer
	cmd.Stdout, cmd.Stderr = &b, &b
	err := cmd.Run()
	if _, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
		t.Fatal(err)
	}
	return b.String(), cmd.ProcessState.ExitCode()
}

// overTLS puts a server with a certificate of its own before the emulated SCIM
// endpoint. It is trusted when that certificate is among the image's, and not
// before.
func overTLS(t *testing.T, c container) {
	w := startEmulator(t)
	at, err := url.Parse(w.variable(t, "SCIM_ENDPOINT"))
	must(t, err)
	server := httptest.NewUnstartedServer(httputil.NewSingleHostReverseProxy(&url.URL{Scheme: at.Scheme, Host: at.Host}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // that it is not trusted is what we want
	server.StartTLS()
	t.Cleanup(server.Close)
	environ := slices.Concat(w.environ, []string{"SSOSYNC_SCIM_ENDPOINT=" + server.URL + at.Path, "SSOSYNC_STATE=", "SSOSYNC_READ=scim"})
	out, code := c.run(t, environ, "plan")
	if code == 0 || !strings.Contains(out, "certificate signed by unknown authority") {
		t.Errorf("a stranger is trusted: %d\n%s", code, out)
	}
	certs := c.top + "/etc/ssl/certs/ca-certificates.crt"
	must(t, os.Chmod(certs, 0o644))
	f, err := os.OpenFile(certs, os.O_APPEND|os.O_WRONLY, 0)
	must(t, err)
	must(t, pem.Encode(f, &pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	must(t, f.Close())
	if out, code = c.run(t, environ, "plan"); code != 0 {
		t.Errorf("the certificates of the image are not read: %d\n%s", code, out)
	}
}
