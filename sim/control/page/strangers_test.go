package page_test

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/dnispool/dnispool/sim/control/client"
)

// TestWhatStrangersWroteIsText in every place where the page shows it.
func TestWhatStrangersWroteIsText(t *testing.T) {
	t.Parallel()
	w := start(t, frozen+"pool: {numbers: 2}")
	ctx := t.Context()
	const markup = `<img src=x onerror=alert(1)><script>alert(2)</script>`
	attributes, err := json.Marshal(map[string]string{"shared_id": markup, "want_handoff_to": markup, markup: "name"})
	if err != nil {
		t.Fatal(err)
	}
	r, err := w.Reserve(ctx, client.ReserveRequest{Attributes: attributes})
	if err != nil || r.DNI == "" {
		t.Fatalf("reserve: want a number, got %+v (%v)", r, err)
	}
	p, err := w.Place(ctx, client.Dial{To: r.DNI, From: "+442079460500", CallID: "a<b>@x", Headers: map[string]string{"X-Note": markup}})
	if err != nil || !p.Answered {
		t.Fatalf("call: want it answered, got %+v (%v)", p, err)
	}
	w.request(t, "GET", "/v1/%3Cimg%20src=x%3E?shared_id=<script>", markup)
	list, err := w.Client.Conversations(ctx, client.ConversationsQuery{})
	if err != nil || len(list.Conversations) != 1 {
		t.Fatalf("conversations: want one, got %+v (%v)", list, err)
	}
	b := w.open(t, wide, high)
	for _, c := range []struct{ address, where, text string }{
		{"#/conversations", "[data-conversation]", markup},
		{"#/conversation/" + list.Conversations[0].ID, ".block", "<img src=x onerror=alert(1)><script>alert(2)</script>"},
		{"#/conversation/" + list.Conversations[0].ID, ".facts", "a<b>@x"},
		{"#/number/acme/" + strings.Replace(r.DNI, "+", "%2B", 1), ".verdict", markup},
		{"#/http", "#http .list", "/v1/%3Cimg%20src=x%3E?shared_id=<script>"},
		{"#/refused", "#refused .list", "?shared_id=<script>"},
		{"#/journal", "#journal .list", "invite"},
		{"#/conversation/<script>", "#conversation", "no such conversation \"<script>\""},
		{"#/<img src=x>", "#conversations", markup},
	} {
		eval[string](b, fmt.Sprintf(`location.hash = %q`, c.address))
		b.see(c.where, c.text)
		if n := eval[int](b, `document.querySelectorAll('img, body script, iframe, [onerror]').length`); n > 0 {
			t.Errorf("%s: want no markup of a stranger's, got %d elements", c.address, n)
		}
	}
}

// TestCommandsThatAreCopied do in a shell what they say, whatever a stranger wrote into them.
func TestCommandsThatAreCopied(t *testing.T) {
	t.Parallel()
	shell, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("bash is not installed")
	}
	w := start(t, "control: {token: a-long-secret}\npool: {numbers: 2}")
	b := w.open(t, narrow, tall)
	for _, text := range []string{"plain", "", "it's", "$(id) `id` \"x\" \\ !", "two\nlines\tand \x1b[31m", "-é\u0085", "a'\nb\\"} {
		quoted := eval[string](b, fmt.Sprintf(`import('/page/curl.js').then((module) => module.quote(%s))`, asJSON(t, text)))
		out, err := exec.CommandContext(t.Context(), shell, "-c", "printf '%s' "+quoted).Output()
		if err != nil || string(out) != text {
			t.Errorf("%q: want it in the shell as it is, got %q by %s (%v)", text, out, quoted, err)
		}
	}
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("curl is not installed")
	}
	eval[bool](b, `(window.copied = [], navigator.clipboard.writeText = async (text) => { window.copied.push(text); }, true)`)
	run := func() string {
		t.Helper()
		b.wait(`window.copied.length > 0`)
		command := eval[string](b, `window.copied.pop()`)
		out, err := exec.CommandContext(t.Context(), shell, "-c", command).Output()
		if err != nil {
			t.Errorf("%s: %v", command, err)
		}
		return string(out)
	}
	b.click("#reserve .copy")
	if out := run(); out != `{"dni":"+442079460000"}` {
		t.Errorf("reserve: want a number, got %s", out)
	}
	b.fill("#call [name=to]", "+442079460000")
	b.click("#call .copy")
	if out := run(); !strings.Contains(out, `"answered":true`) {
		t.Errorf("call: want it answered, got %s", out)
	}
	eval[string](b, `location.hash = '#/exchange/1'`)
	b.click("#exchange .copy")
	if out := run(); out != `{"dni":"+442079460001"}` {
		t.Errorf("the same request again: want the other number, got %s", out)
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestOnAPhoneAndByKeys: one thing at a time where there is no room for two, and everything without a mouse.
func TestOnAPhoneAndByKeys(t *testing.T) {
	t.Parallel()
	w := start(t, "projects: [{name: sales, pool: {numbers: [\"+441614960000..+441614960003\"]}}, {name: support, pool: {numbers: 5}}]")
	b := w.open(t, narrow, tall)
	see := func(expression string) bool { return eval[bool](b, expression) }
	b.see(".cell", "+441614960003")
	b.picture("phone-pool")
	if !see(`document.querySelector('aside').checkVisibility() && !document.querySelector('main').checkVisibility()`) {
		t.Error("want the pool alone, got more")
	}
	if p, err := w.Place(t.Context(), client.Dial{To: "+441614960001", From: "+442079460500"}); err != nil || !p.Answered {
		t.Fatalf("call: want it answered, got %+v (%v)", p, err)
	}
	b.do(chromedp.KeyEvent("2"))
	b.see("[data-conversation]", "+441614960001")
	b.picture("phone-conversations")
	b.do(chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.Enter))
	b.see(".verdict", "No attributes: the number was not reserved")
	b.wait(`document.querySelector('.step[data-sip="BYE"]')`)
	b.picture("phone-conversation")
	if wide := eval[int](b, `document.documentElement.scrollWidth`); wide > narrow {
		t.Errorf("want it no wider than the screen of %d, got %d", narrow, wide)
	}
	eval[bool](b, `(document.querySelector('.step[data-sip="BYE"] summary').focus(), true)`)
	b.do(chromedp.KeyEvent(kb.Enter))
	b.see(`.step[data-sip="BYE"] pre`, "BYE sip:")
	b.picture("phone-ladder")
	b.do(chromedp.KeyEvent(kb.Escape))
	b.see("[data-conversation]", "+441614960001")
	b.do(chromedp.KeyEvent("4"), chromedp.KeyEvent("/"))
	b.wait(`document.activeElement === document.querySelector('#journal input')`)
	b.fill("#journal input", "FROM +44")
	b.see("#journal .total", "1")
	b.see("#journal .list", "invite")
	b.picture("phone-journal")
	b.do(chromedp.KeyEvent(kb.Escape), chromedp.KeyEvent("6"))
	b.see("#faults", "Calls find the number busy")
	b.wait(`Math.floor(document.querySelector('nav [aria-current]').getBoundingClientRect().right) <= innerWidth`) // where one is can be seen
	b.picture("phone-faults")
	b.do(chromedp.KeyEvent("?"))
	b.see("#help", "back to the list")
	b.do(chromedp.KeyEvent(kb.Escape))
	b.wait(`!document.querySelector('#help').open`)
	if overflow := eval[int](b, `document.documentElement.scrollWidth`); overflow > narrow {
		t.Errorf("want it no wider than the screen of %d, got %d", narrow, overflow)
	}
}
