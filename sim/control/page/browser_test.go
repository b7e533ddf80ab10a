package page_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/dnispool/dnispool/fakes/stage"
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/control"
	"github.com/dnispool/dnispool/sim/control/client"
)

var screens = flag.String("screens", "", "write pictures of the page, wide and narrow, light and dark, to this `directory`")

// patience is how long a test waits for what is to appear: the machine may be busy.
const patience = 30 * time.Second

// browser is the one Chromium of all tests, which each have a tab of their own. An error says why there is none.
var browser = sync.OnceValues(func() (context.Context, error) {
	path, err := exec.LookPath("chromium")
	if err != nil {
		return nil, errors.New("chromium is not installed")
	}
	allocator, _ := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Flag("disable-gpu", true))...)
	ctx, _ := chromedp.NewContext(allocator)
	return ctx, chromedp.Do(ctx)
})

func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	if ctx, err := browser(); err == nil {
		_ = chromedp.Cancel(ctx) // which ends Chromium, and waits for it
	}
	os.Exit(code)
}

// world is a simulator that the page is of.
type world struct {
	*client.Client
	sim      *sim.Sim
	server   *control.Server
	recorder *control.Recorder
}

func start(t *testing.T, config string) *world {
	t.Helper()
	c, problems := sim.Parse("config.yaml", []byte(config))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	c.HTTP.Listen, c.SIP.Listen, c.Control.Listen = "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"
	recorder := control.NewRecorder(c.Control)
	open := func(ctx context.Context, c sim.Config) (*control.Stage, error) {
		return stage.Open(ctx, c, stage.Options{Recorder: recorder})
	}
	server, err := control.Listen(t.Context(), c.Control, control.WithRecorder(recorder), control.WithOpen(open))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, server.Close) })
	first, err := open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, func(ctx context.Context) error { return server.Stage().Close(ctx) }) })
	server.Ready(first)
	api, err := client.New(server.Link())
	if err != nil {
		t.Fatal(err)
	}
	return &world{api, first.Sim, server, recorder}
}

func closed(t *testing.T, f func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := f(ctx); err != nil {
		t.Error(err)
	}
}

// tab is the page in a browser, as somebody looks at it.
type tab struct {
	t      *testing.T
	ctx    context.Context
	clicks int
}

// open looks at the page, and waits until it follows the simulator.
func (w *world) open(t *testing.T, width, height int64) *tab {
	t.Helper()
	b := w.look(t, width, height)
	b.wait(`document.querySelector('#live').dataset.state === 'live'`)
	return b
}

// look looks at the page at the simulator's own link. What the page complains of on its console fails the test.
func (w *world) look(t *testing.T, width, height int64) *tab {
	t.Helper()
	first, err := browser()
	if err != nil {
		t.Skipf("the page is not looked at: %v", err)
	}
	ctx, cancel := chromedp.NewContext(first)
	b := &tab{t: t, ctx: ctx}
	var watching sync.WaitGroup
	t.Cleanup(func() { cancel(); watching.Wait() })
	b.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		if _, err := cdp.Call(ctx, target, log.Enable, cdp.Empty{}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, target, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}) // all tabs are seen at once
		return err
	}))
	thrown, logged := chromedp.Events(ctx, runtime.ExceptionThrown), chromedp.Events(ctx, log.EntryAdded)
	watching.Go(func() {
		for e, err := range thrown {
			if err == nil {
				t.Errorf("the page: %s", described(e.ExceptionDetails))
			}
		}
	})
	watching.Go(func() {
		for e, err := range logged {
			if err == nil && e.Entry.Level == log.EntryLevelError && e.Entry.Source != log.EntrySourceNetwork { // a refusal is no fault of the page's
				t.Errorf("the page: %s %s", e.Entry.Text, e.Entry.URL)
			}
		}
	})
	b.do(chromedp.EmulateViewport(width, height), chromedp.Navigate(w.server.Link()))
	return b
}

// home goes to where the page begins.
func (b *tab) home() {
	b.t.Helper()
	eval[string](b, `location.hash = ''`)
	b.clicks = 0
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// eval is the value of an expression of JavaScript; a promise is waited for.
func eval[T any](b *tab, expression string) T {
	b.t.Helper()
	out, err := value[T](b, expression)
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return out
}

func value[T any](b *tab, expression string) (T, error) {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// wait returns when a condition of JavaScript has come true: it is looked at whenever the document changes.
func (b *tab) wait(condition string) {
	b.t.Helper()
	_, err := value[bool](b, fmt.Sprintf(`new Promise((done) => {
		const look = () => Boolean(%s);
		if (look()) return done(true);
		const observer = new MutationObserver(() => { if (look()) { observer.disconnect(); done(true); } });
		observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
	})`, condition))
	if err != nil {
		text, _ := value[string](b, `document.body.innerText`) // for the message alone
		b.t.Fatalf("want %s, got (%v)\n%s", condition, err, text)
	}
}

// click clicks at what a selector names, once it is there, as somebody with a mouse does.
func (b *tab) click(selector string) {
	b.t.Helper()
	b.wait(fmt.Sprintf(`document.querySelector(%q)?.checkVisibility()`, selector))
	b.do(chromedp.Click(chromedp.CSS(selector)))
	b.clicks++
}

// see waits until something that the selector names has the text in it.
func (b *tab) see(selector, text string) {
	b.t.Helper()
	b.wait(fmt.Sprintf(`[...document.querySelectorAll(%q)].some((node) => node.checkVisibility() && node.innerText.includes(%q))`, selector, text))
}

// fill replaces what is written in a field.
func (b *tab) fill(selector, text string) {
	b.t.Helper()
	eval[bool](b, fmt.Sprintf(`(document.querySelector(%q).value = '', true)`, selector))
	b.do(chromedp.SendKeys(chromedp.CSS(selector), text))
}

// picture writes what the page looks like, where -screens asks for it.
func (b *tab) picture(name string) {
	b.t.Helper()
	if *screens == "" {
		return
	}
	for _, scheme := range []string{"light", "dark"} {
		b.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
			_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
				Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
			})
			return err
		}))
		png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
		if err == nil {
			err = os.MkdirAll(*screens, 0o755)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(*screens, name+"-"+scheme+".png"), png, 0o644)
		}
		if err != nil {
			b.t.Fatal(err)
		}
	}
}

// described is what an exception says of itself.
func described(e *runtime.ExceptionDetails) string {
	if e.Exception != nil && e.Exception.Description != "" {
		return e.Exception.Description
	}
	return e.Text
}
