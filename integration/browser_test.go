//go:build unix

package integration

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

//go:embed testdata/sight.js
var look string

// A sight is what somebody sees of a page.
type sight struct {
	Title, Language string
	Wide            int        // how many pixels it is wider than the window
	Paper           float64    // luminance of the background, from 0 to 1
	Headings        []string   // those that are visible, each with its element
	Table           [][]string // the cells that are visible
	Hidden          []string   // what is there and cannot be seen
	Cut             []string   // what lies outside of the window
	Faint           []string   // what has too little contrast
	Text            string     // all that can be seen
}

// A view is how a page is looked at.
type view struct {
	width  int64
	scheme string // light or dark
	media  string // screen or print
}

func (v view) String() string { return fmt.Sprintf("%s %s %d", v.media, v.scheme, v.width) }

// A browser is a headless Chromium with one window, and what has gone wrong in
// it.
type browser struct {
	t   *testing.T
	ctx context.Context // of the window

	mu      sync.Mutex
	noise   []string // of the console
	foreign []string // requests for anything but a file
}

// newBrowser starts Chromium with a profile of its own, and with nothing in it
// that talks to the network by itself.
func newBrowser(t *testing.T) *browser {
	t.Helper()
	options := []chromedp.ExecAllocatorOption{
		chromedp.UserDataDir(t.TempDir()), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.WSURLReadTimeout(time.Minute),
	}
	for _, flag := range []string{
		"disable-quic", "disable-background-networking", "disable-component-update", "disable-sync",
		"disable-default-apps", "disable-extensions", "hide-scrollbars", "disable-dev-shm-usage",
	} {
		options = append(options, chromedp.Flag(flag, true))
	}
	ctx, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	b := &browser{t: t}
	b.ctx, stop = chromedp.NewContext(ctx, chromedp.WithListener(b.heard))
	t.Cleanup(stop)
	if err := chromedp.Do(b.ctx); err != nil { // without a deadline, which would be the browser's own
		t.Fatalf("start Chromium, which must be installed: %v", err)
	}
	return b
}

// heard notes what a page does that it should not.
func (b *browser) heard(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		b.noise = append(b.noise, fmt.Sprintf("console %s", e.Type))
	case *runtime.EventExceptionThrown:
		b.noise = append(b.noise, "exception "+e.ExceptionDetails.Text)
	case *log.EventEntryAdded:
		b.noise = append(b.noise, fmt.Sprintf("%s %s: %s", e.Entry.Source, e.Entry.Level, e.Entry.Text))
	case *network.EventRequestWillBeSent:
		if !strings.HasPrefix(e.Request.URL, "file:") {
			b.foreign = append(b.foreign, e.Request.URL)
		}
	}
}

// complaints returns what it has heard so far.
func (b *browser) complaints() (noise, foreign []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.noise, b.foreign
}

// do lets the browser do something, within bounds.
func do[T any](b *browser, action chromedp.Action[T]) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	result, err := chromedp.Run(ctx, action)
	must(b.t, err)
	return result
}

// open loads a page from a file.
func (b *browser) open(path string) {
	b.t.Helper()
	do(b, chromedp.Navigate("file://"+path))
}

// see looks at the page, and takes its picture.
func (b *browser) see(v view) (s sight, picture []byte) {
	b.t.Helper()
	do(b, chromedp.EmulateViewport(v.width, 800))
	do(b, func(ctx context.Context, t *chromedp.Target) (cdp.Empty, error) {
		return cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Media: v.media, Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: v.scheme}},
		})
	})
	return do(b, chromedp.Evaluate[sight](look)), do(b, chromedp.FullScreenshot(100))
}
