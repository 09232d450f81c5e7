package delivery_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/cmd/gatehouse/delivery"
)

// hook is a receiver that keeps one request.
type hook struct {
	*httptest.Server
	header http.Header
	body   string
}

func newHook(t *testing.T, status int) *hook {
	t.Helper()
	h := &hook{}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		h.header, h.body = r.Header.Clone(), string(text)
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
	}))
	t.Cleanup(h.Close)
	return h
}

func TestAWebhookGetsTheMessageSigned(t *testing.T) {
	t.Parallel()
	h := newHook(t, http.StatusAccepted)
	at := time.Unix(1614265330, 0)
	s, err := delivery.NewWebhook(delivery.WebhookConfig{URL: h.URL, Secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", Now: func() time.Time { return at }})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Send(t.Context(), verification("ada@example.net")); err != nil {
		t.Fatal(err)
	}
	const want = `{"type":"verification-email","to":"ada@example.net","data":{"url":"` + link + `","token":"` + token + `"}}`
	if h.body != want || h.header.Get("Content-Type") != "application/json" || h.header.Get("Webhook-Timestamp") != "1614265330" {
		t.Errorf("%v\n%s\nwant %s", h.header, h.body, want)
	}
	if id := h.header.Get("Webhook-Id"); !strings.HasPrefix(id, "msg_") || len(id) < 20 {
		t.Errorf("Webhook-Id %q", id)
	}
	if !strings.HasPrefix(h.header.Get("Webhook-Signature"), "v1,") {
		t.Errorf("Webhook-Signature %q", h.header.Get("Webhook-Signature"))
	}
}

func TestAnswersOfTheReceiverTellWhetherToTryAgain(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status          int
		fails, tryAgain bool
	}{
		"any 2xx is success":                     {204, false, false},
		"a redirect is not followed":             {307, true, false},
		"a refusal is final":                     {400, true, false},
		"a receiver that is gone is final":       {410, true, false},
		"a receiver that is busy is temporary":   {429, true, true},
		"a receiver that is broken is temporary": {502, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := delivery.NewWebhook(delivery.WebhookConfig{URL: newHook(t, test.status).URL, Secret: strings.Repeat("k", 32)})
			if err != nil {
				t.Fatal(err)
			}
			err = s.Send(t.Context(), verification("ada@example.net"))
			if (err != nil) != test.fails || errors.Is(err, delivery.ErrTemporary) != test.tryAgain {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestAWebhookThatCannotBeReachedDoesNotShowItsURL(t *testing.T) {
	t.Parallel()
	h := newHook(t, 200)
	h.Close()
	s, err := delivery.NewWebhook(delivery.WebhookConfig{URL: h.URL + "/key-in-path", Secret: strings.Repeat("k", 32)})
	if err != nil {
		t.Fatal(err)
	}
	err = s.Send(t.Context(), verification("ada@example.net"))
	if !errors.Is(err, delivery.ErrTemporary) || strings.Contains(err.Error(), "key-in-path") {
		t.Errorf("got %v", err)
	}
}

func TestWebhookConfigurationsThatCannotWork(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]delivery.WebhookConfig{
		"a URL that is a path":           {URL: "/hook", Secret: strings.Repeat("k", 32)},
		"a URL of another scheme":        {URL: "ftp://example.com/", Secret: strings.Repeat("k", 32)},
		"no secret":                      {URL: "https://example.com/"},
		"a secret that is too short":     {URL: "https://example.com/", Secret: "hunter2"},
		"a secret that is not base64":    {URL: "https://example.com/", Secret: "whsec_" + strings.Repeat("!", 40)},
		"a short secret, long in base64": {URL: "https://example.com/", Secret: "whsec_aHVudGVyMmh1bnRlcjI="},
	} {
		if _, err := delivery.NewWebhook(cfg); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
