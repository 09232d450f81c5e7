package browsertest

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// patience bounds the whole conversation with the browser.
const patience = 2 * time.Minute

// chromium finds the browser, or skips the test where none is required.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{os.Getenv("GATEHOUSE_CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("GATEHOUSE_REQUIRE_SERVICES") == "1" {
		t.Fatal("chromium is required and not there: install it, or set GATEHOUSE_CHROMIUM")
	}
	t.Skip("service absent: chromium")
	return ""
}

// serve builds and starts `gatehouse dev` and returns the URL of its start page.
func serve(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	binary := filepath.Join(dir, "gatehouse")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "..").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	cmd := exec.CommandContext(t.Context(), binary, "dev", "--addr", "127.0.0.1:0")
	cmd.Dir = dir
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	page := regexp.MustCompile(`Start page +(http://localhost:\d+)`)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if m := page.FindStringSubmatch(lines.Text()); m != nil {
			return strings.Replace(m[1], "localhost", "127.0.0.1", 1)
		}
	}
	t.Fatal("the server ended without saying where it listens")
	return ""
}

// browse starts a browser with a profile of its own.
func browse(t *testing.T, path string) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx,
		chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.Flag("hide-scrollbars", true),
	)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx) // waits for the browser to end, so that its profile can be removed
		cancel()
	})
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start the browser: %v", err)
	}
	return ctx
}

// visitor is a person with cookies of their own.
type visitor struct {
	t        *testing.T
	ctx      context.Context
	close    context.CancelFunc
	problems chan string // what the browser complains about, until it is closed
}

// visit opens the page in a browser context that shares nothing with others.
func visit(browser context.Context, t *testing.T, page string) *visitor {
	t.Helper()
	v := &visitor{t: t, problems: make(chan string, 100)}
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	v.ctx, v.close = ctx, cancel
	v.do() // makes the tab
	messages := chromedp.Console(ctx)
	go func() {
		defer close(v.problems)
		for m, err := range messages { // ends with ctx
			if err != nil {
				return
			}
			// Answers such as 401 are logged as well, with the source "network".
			if m.Source == "network" {
				continue
			}
			select {
			case v.problems <- string(m.Type) + ": " + m.Text:
			default:
			}
		}
	}()
	v.do(chromedp.EmulateViewport(1000, 900), chromedp.Navigate(page))
	return v
}

func (v *visitor) do(actions ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	if err := chromedp.Do(v.ctx, actions...); err != nil {
		v.t.Fatalf("browser: %v", err)
	}
}

// fill types into the fields of a form, by name, and sends it.
func (v *visitor) fill(form string, fields map[string]string) {
	v.t.Helper()
	v.do(chromedp.WaitVisible(css(form)))
	for name, value := range fields {
		v.do(chromedp.SetValue(css(form)+chromedp.CSS(` [name="`+name+`"]`), value))
	}
	v.do(chromedp.Click(css(form + "-submit")))
}

func (v *visitor) click(id string) {
	v.t.Helper()
	v.do(chromedp.Click(css(id), chromedp.NodeVisible))
}

// expect waits until an expression of JavaScript holds. It polls inside the
// page, by timers: frames stand still in a tab that is not in front.
func (v *visitor) expect(what, expression string) {
	v.t.Helper()
	script := `new Promise((resolve) => {
		const end = Date.now() + 15000;
		const look = () => (` + expression + `) ? resolve(true) : Date.now() > end ? resolve(false) : setTimeout(look, 20);
		look();
	})`
	ok, err := chromedp.Run(v.ctx, chromedp.Evaluate[bool](script, chromedp.EvalAwaitPromise))
	if err != nil || !ok {
		text, _ := chromedp.Run(v.ctx, chromedp.Evaluate[string](`document.body.innerText`))
		v.t.Fatalf("%s: does not come true, %v\nthe page shows:\n%s", what, err, text)
	}
}

func (v *visitor) reads(id, text string) {
	v.t.Helper()
	v.expect(id+" shows "+text, `(document.querySelector('`+testID(id)+`')?.innerText ?? "").includes("`+text+`")`)
}

func (v *visitor) rows(id string, n string) {
	v.t.Helper()
	v.expect(id+" has "+n+" rows", `document.querySelectorAll('`+testID(id)+` li').length === `+n)
}

// follow opens the link of the newest message, and waits until the page is back.
func (v *visitor) follow(message string) {
	v.t.Helper()
	v.reads("outbox", message)
	newest := `document.querySelector('` + testID("outbox") + ` li')`
	v.expect("the newest message is "+message, newest+`.innerText.includes("`+message+`")`)
	link, err := chromedp.Run(v.ctx, chromedp.Evaluate[string](newest+`.querySelector("a").href`))
	if err != nil {
		v.t.Fatalf("browser: %v", err)
	}
	v.do(chromedp.Navigate(link))
	v.expect("the link leads back to a page without a token in its address", `location.pathname === "/" && location.search === ""`)
}

// picture takes a screenshot where GATEHOUSE_SCREENSHOT names a file.
func (v *visitor) picture(suffix string, width, height int64) {
	v.t.Helper()
	path := os.Getenv("GATEHOUSE_SCREENSHOT")
	if path == "" {
		return
	}
	v.do(chromedp.EmulateViewport(width, height))
	png, err := chromedp.Run(v.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		v.t.Fatal(err)
	}
	v.do(chromedp.EmulateViewport(1000, 900))
	ext := filepath.Ext(path)
	if err := os.WriteFile(strings.TrimSuffix(path, ext)+suffix+ext, png, 0o600); err != nil {
		v.t.Fatal(err)
	}
}

func css(id string) chromedp.CSS { return chromedp.CSS(testID(id)) }

func testID(id string) string { return `[data-testid="` + id + `"]` }

func TestTheStartPage(t *testing.T) {
	t.Parallel()
	path := chromium(t)
	page := serve(t)
	browser := browse(t, path)
	ada := visit(browser, t, page)
	ada.expect("the page is not ready", `!document.getElementById("signed-out").hidden`)
	ada.reads("outbox-note", "It is empty.")
	ada.picture("-start", 1000, 900)

	const email, password = "ada@example.com", "correct horse battery"
	const name = `Ada <img src=x onerror=\"alert(1)\"> Lovelace`
	ada.fill("sign-up", map[string]string{"name": strings.ReplaceAll(name, `\`, ""), "email": email, "password": "short"})
	ada.reads("message", "Password too short")
	ada.fill("sign-up", map[string]string{"password": password})
	ada.reads("message", "Welcome.")
	ada.reads("session", email)
	ada.reads("session", name) // as text
	ada.rows("sessions", "1")
	ada.rows("outbox", "1")
	ada.reads("outbox", "verification-email")
	ada.expect("the outbox links to the API", `document.querySelector('`+testID("outbox-link")+`').href.includes("/api/auth/verify-email?token=")`)

	second := visit(browser, t, page)
	second.fill("sign-in", map[string]string{"email": email, "password": "wrong horse battery"})
	second.reads("message", "Invalid email or password")
	second.expect("a wrong password signs nobody in", `document.getElementById("signed-in").hidden`)
	second.fill("sign-in", map[string]string{"email": email, "password": password})
	second.reads("message", "You are signed in.")
	second.rows("sessions", "2")

	ada.click("outbox-refresh")
	ada.rows("sessions", "2")
	ada.picture("-desktop", 1000, 900)
	ada.picture("-phone", 380, 800)
	ada.do(chromedp.EmulateViewport(380, 800))
	ada.expect("the page is as narrow as a phone", `innerWidth === 380 && document.documentElement.scrollWidth <= 380`)
	ada.do(chromedp.EmulateViewport(1000, 900))
	ada.click("revoke")
	ada.reads("message", "That session is over.")
	ada.rows("sessions", "1")
	second.click("outbox-refresh")
	second.expect("a revoked session is gone", `!document.getElementById("signed-out").hidden`)

	second.fill("sign-in", map[string]string{"email": email, "password": password})
	second.rows("sessions", "2")
	second.click("revoke-others")
	second.reads("message", "The other sessions are over.")
	second.rows("sessions", "1")
	ada.click("outbox-refresh")
	ada.expect("the others are gone", `!document.getElementById("signed-out").hidden`)

	second.click("outbox-clear")
	second.reads("message", "The outbox is empty.")
	second.rows("outbox", "0")
	second.click("sign-out")
	second.reads("message", "You are signed out.")
	second.expect("nobody is signed in", `document.getElementById("signed-in").hidden && document.querySelector('`+testID("session")+` dl').children.length === 0`)

	for _, v := range []*visitor{ada, second} {
		v.close()
		for problem := range v.problems {
			t.Errorf("the browser complains: %s", problem)
		}
	}
}

func TestTheLinksOfTheOutboxLeadBackToThePage(t *testing.T) {
	t.Parallel()
	path := chromium(t)
	// The links are for the base URL, and so are the cookies.
	page := strings.Replace(serve(t), "127.0.0.1", "localhost", 1)
	ada := visit(browse(t, path), t, page)

	const email, password, next = "ada@example.com", "correct horse battery", "another horse battery"
	ada.fill("sign-up", map[string]string{"name": "Ada", "email": email, "password": password})
	ada.reads("session", email+" (not confirmed)")
	ada.follow("verification-email")
	ada.reads("message", "Your address is confirmed.")
	ada.reads("session", email+" (confirmed)")

	ada.click("sign-out")
	ada.reads("message", "You are signed out.")
	ada.click("forgot-open")
	ada.fill("forgot", map[string]string{"email": email})
	ada.reads("message", "a link is in the outbox")
	ada.follow("reset-password")
	ada.fill("reset", map[string]string{"newPassword": "short"})
	ada.reads("message", "Password too short")
	ada.picture("-reset", 1000, 900)
	ada.fill("reset", map[string]string{"newPassword": next})
	ada.reads("message", "The password is set.")
	ada.expect("one link sets one password", `document.getElementById("resetting").hidden`)
	ada.fill("sign-in", map[string]string{"email": email, "password": password})
	ada.reads("message", "Invalid email or password")
	ada.fill("sign-in", map[string]string{"email": email, "password": next})
	ada.reads("message", "You are signed in.")

	const changed = "countess@example.com"
	ada.click("change-email-open")
	ada.fill("change-email", map[string]string{"newEmail": changed})
	ada.reads("message", "Nearly done.")
	ada.follow("change-email-confirmation")
	ada.reads("message", "That link has worked.")
	ada.reads("session", email)
	ada.follow("verification-email")
	ada.reads("session", changed+" (confirmed)")
	ada.picture("-account", 1000, 900)

	ada.click("delete-user")
	ada.reads("message", "Nearly done.")
	ada.follow("delete-account")
	ada.reads("message", "The account is deleted.")
	ada.fill("sign-in", map[string]string{"email": changed, "password": next})
	ada.reads("message", "Invalid email or password")

	ada.do(chromedp.Navigate(page + "/?error=INVALID_TOKEN"))
	ada.reads("message", "The link does not work, or no longer: INVALID_TOKEN")
	ada.do(chromedp.Navigate(page + "/?error=call+us+at+555"))
	ada.expect("what a link says is not said", `document.querySelector('`+testID("message")+`').innerText === "The link does not work, or no longer."`)

	ada.close()
	for problem := range ada.problems {
		t.Errorf("the browser complains: %s", problem)
	}
}
