package cli

import (
	"io"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"ssosync/internal/console"
)

// A progress is the one line on a terminal that says how a run goes on. It goes
// when the run has ended. The zero value shows nothing.
type progress struct {
	sink *console.Sink
	to   io.Writer // where the sink wrote before
	bars *mpb.Progress

	mu   sync.Mutex
	line *mpb.Bar
	of   int // changes; 0 while both sides are read
}

// startProgress begins to show that both sides are read, if there is anybody
// to see it. What is logged meanwhile appears above the line.
func (a *app) startProgress(s settings) *progress {
	if !a.showsProgress(s) {
		return &progress{}
	}
	p := &progress{sink: a.stderr, to: a.env.Stderr}
	p.bars = mpb.New(mpb.WithOutput(unsized{p.to}), mpb.ForceTTY(), mpb.WithAutoRefresh(), mpb.WithWidth(width(a.look.err)),
		mpb.WithRefreshRate(100*time.Millisecond))
	p.line = p.bars.New(0, mpb.NopStyle(), mpb.PrependDecorators(
		decor.Name("Reading Google and Identity Center … "), decor.NewElapsed(decor.ET_STYLE_GO, time.Now()),
	))
	p.sink.Redirect(p.bars)
	return p
}

// step shows that so many changes are done, of how many.
func (p *progress) step(done, of int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bars == nil {
		return
	}
	if p.of == 0 {
		p.of = of
		p.line.Abort(true)
		p.line = p.bars.New(int64(of), mpb.BarStyle().Lbound("[").Filler("=").Tip(">").Padding(" ").Rbound("]"), mpb.BarRemoveOnComplete(),
			mpb.PrependDecorators(decor.Name("Changing Identity Center "), decor.CountersNoUnit("%d of %d")),
			mpb.AppendDecorators(decor.AverageSpeed(0, "%.0f/s"), decor.Name(", "), decor.AverageETA(decor.ET_STYLE_GO), decor.Name(" left")),
		)
	}
	p.line.SetCurrent(int64(done))
}

// stop takes the line away. It may be called once.
func (p *progress) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bars == nil {
		return
	}
	p.sink.Redirect(p.to)
	p.line.Abort(true)
	p.bars.Wait()
	p.bars = nil
}

// unsized hides from mpb what it writes to: it would ask a terminal for its
// size, and show nothing on one that does not know.
type unsized struct{ io.Writer }
