package outbox_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/gatehouse-auth/gatehouse/cmd/gatehouse/outbox"
	"github.com/gatehouse-auth/gatehouse/core/wire"
	"github.com/gatehouse-auth/gatehouse/facade/config"
)

func idle(context.Context) error { return nil }

func message(to, token string) config.Message {
	data := wire.NewObject()
	data.Set("url", "http://localhost:3000/v?a=1&token="+token)
	data.Set("token", token)
	return config.Message{Type: "verification-email", To: to, Data: data}
}

func ask(t *testing.T, h http.Handler, method string) *httptest.ResponseRecorder {
	t.Helper()
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), method, "/dev/outbox", nil))
	return rec
}

func deliver(t *testing.T, o *outbox.Outbox, m config.Message) {
	t.Helper()
	if err := o.Deliver(t.Context(), m); err != nil {
		t.Fatal(err)
	}
}

func TestMessagesAreListedAndCleared(t *testing.T) {
	t.Parallel()
	o := &outbox.Outbox{}
	h := o.Handler(idle)
	if rec := ask(t, h, "GET"); rec.Code != 200 || rec.Body.String() != "[]" {
		t.Errorf("empty: status %d, %s", rec.Code, rec.Body)
	}
	deliver(t, o, message("a@example.com", "t1"))
	deliver(t, o, message("b@example.com", "t2"))
	const want = `[{"type":"verification-email","to":"a@example.com","data":{"url":"http://localhost:3000/v?a=1&token=t1","token":"t1"}},` +
		`{"type":"verification-email","to":"b@example.com","data":{"url":"http://localhost:3000/v?a=1&token=t2","token":"t2"}}]`
	rec := ask(t, h, "GET")
	if rec.Body.String() != want || rec.Header().Get("Content-Type") != "application/json" {
		t.Errorf("%s: %s\nwant %s", rec.Header().Get("Content-Type"), rec.Body, want)
	}
	if rec := ask(t, h, "DELETE"); rec.Code != 204 || rec.Body.Len() != 0 {
		t.Errorf("delete: status %d, %s", rec.Code, rec.Body)
	}
	if rec := ask(t, h, "GET"); rec.Body.String() != "[]" {
		t.Errorf("after delete: %s", rec.Body)
	}
	if rec := ask(t, h, "POST"); rec.Code != 405 || rec.Header().Get("Allow") != "GET, DELETE" {
		t.Errorf("post: status %d", rec.Code)
	}
}

func TestReadingAndClearingWaitForWhatIsOnItsWay(t *testing.T) {
	t.Parallel()
	o := &outbox.Outbox{}
	// The message arrives while the handler waits.
	h := o.Handler(func(ctx context.Context) error { return o.Deliver(ctx, message("a@example.com", "t")) })
	if rec := ask(t, h, "GET"); rec.Body.String() == "[]" {
		t.Error("GET did not wait")
	}
	if ask(t, h, "DELETE"); len(o.Messages()) != 0 {
		t.Error("DELETE did not wait")
	}
	deliver(t, o, message("a@example.com", "t"))
	busy := o.Handler(func(context.Context) error { return errors.New("3 background tasks are still running") })
	for _, method := range []string{"GET", "DELETE"} {
		if rec := ask(t, busy, method); rec.Code != 503 || rec.Header().Get("Retry-After") == "" || len(o.Messages()) != 1 {
			t.Errorf("%s when the wait fails: status %d, %d messages", method, rec.Code, len(o.Messages()))
		}
	}
}

func TestTheOldestMessagesGo(t *testing.T) {
	t.Parallel()
	o := &outbox.Outbox{}
	for i := range outbox.Limit + 10 {
		deliver(t, o, message(strconv.Itoa(i)+"@example.com", "t"))
	}
	got := o.Messages()
	if len(got) != outbox.Limit || got[0].To != "10@example.com" || got[outbox.Limit-1].To != strconv.Itoa(outbox.Limit+9)+"@example.com" {
		t.Errorf("%d messages from %s to %s", len(got), got[0].To, got[len(got)-1].To)
	}
}
