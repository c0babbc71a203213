// Package chromium is a person at a real browser: Debian's Chromium without a window, with a profile that is gone when
// the test is over. It does what the form walker of package browser can't: run scripts, apply styles and keep to what a
// page's security policy says.
package chromium

import (
	"context"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/dbxaccess/dbxaccess/e2e/internal/process"
)

// Path of the program.
const Path = "/usr/bin/chromium"

// patience bounds each step of the person.
const patience = 2 * time.Minute

// Browser is a running browser with one tab.
type Browser struct {
	t   testing.TB
	ctx context.Context //nolint:containedctx // the driver keeps the tab in it
}

// Start starts a browser, which ends with the test.
func Start(t testing.TB) *Browser {
	t.Helper()
	home := t.TempDir()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(Path), chromedp.UserDataDir(home+"/profile"), chromedp.WindowSize(900, 600),
		chromedp.NoInheritEnv, chromedp.Env("HOME="+home, "TMPDIR="+home, "PATH="+os.Getenv("PATH"), "LANG=C.UTF-8"),
		// In a container its own sandbox can't be set up. It opens pages of this machine only.
		chromedp.Flag("no-sandbox", true), chromedp.Flag("no-proxy-server", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("lang", "en-US"),
	)
	ctx, end := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), options...)
	ctx, closeTab := chromedp.NewContext(ctx)
	t.Cleanup(func() {
		closeTab()
		end()
	})
	b := &Browser{t, ctx}
	// The first call must have no deadline: the browser would end with it.
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("starting Chromium: %v", err)
	}
	return b
}

// do does as a person would, who tries again when the page changes under their hands.
func (b *Browser) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	for {
		once, cancelOnce := context.WithTimeout(ctx, patience/3)
		err := chromedp.Do(once, steps...)
		cancelOnce()
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			b.t.Fatalf("%s: %v; the page %s shows:\n%s", what, err, b.Address(), b.text())
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// Open goes to an address.
func (b *Browser) Open(address string) {
	b.t.Helper()
	b.do("opening "+address, chromedp.Navigate(address))
}

// Enter types a text into the field that a CSS selector names, in place of what it holds.
func (b *Browser) Enter(field, text string) {
	b.t.Helper()
	b.do("typing into "+field, chromedp.Clear(chromedp.CSS(field)), chromedp.SendKeys(chromedp.CSS(field), text))
}

// Press presses the button that a CSS selector names.
func (b *Browser) Press(button string) {
	b.t.Helper()
	b.do("pressing "+button, chromedp.Click(chromedp.CSS(button)))
}

// Await waits until the page shows the words.
func (b *Browser) Await(words string) {
	b.t.Helper()
	defer func() {
		if b.t.Failed() {
			b.t.Logf("the page %s shows:\n%s", b.Address(), b.text())
		}
	}()
	process.Eventually(b.t, patience, strconv.Quote(words)+" on the page", func() bool { return strings.Contains(b.text(), words) })
}

// text is what the page shows; "" while it is being loaded.
func (b *Browser) text() string {
	return b.evaluate("document.readyState === 'complete' ? document.body.innerText : ''")
}

// Address is that of the page.
func (b *Browser) Address() string { return b.evaluate("location.href") }

// Background is the colour behind the page, as CSS writes it.
func (b *Browser) Background() string {
	return b.evaluate("getComputedStyle(document.body).backgroundColor")
}

func (b *Browser) evaluate(expression string) string {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[string](expression))
	if err != nil {
		return "" // between two pages there is none
	}
	return value
}

// Prefer tells pages which colour scheme the person prefers: light or dark.
func (b *Browser) Prefer(scheme string) {
	b.t.Helper()
	b.do("preferring "+scheme, func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		return cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
	})
}

// Screenshot writes a picture of the page, as PNG.
func (b *Browser) Screenshot(path string) {
	b.t.Helper()
	picture, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(path, picture, 0o600)
	}
	if err != nil {
		b.t.Fatalf("taking a screenshot: %v", err)
	}
}
