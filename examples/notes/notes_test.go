package notes_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/examples/notes"
)

func TestKeepingNotes(t *testing.T) {
	s := authtest.New(t, func(o *core.Options) { o.Plugins = append(o.Plugins, notes.New(notes.Options{Limit: 2})) })
	ann := s.Client()
	ann.SignUp("ann@example.com", "password123") // and has a first note with it
	for _, c := range []struct {
		name   string
		client *authtest.Client
		text   string
		want   int
		code   string
	}{
		{"nothing is refused", ann, "", http.StatusBadRequest, "VALIDATION_ERROR"},
		{"a long text is refused", ann, strings.Repeat("x", 501), http.StatusBadRequest, "VALIDATION_ERROR"},
		{"whoever is signed out is refused", s.Client(), "milk", http.StatusUnauthorized, "UNAUTHORIZED"},
		{"a note is kept", ann, "milk", http.StatusOK, ""},
		{"one too many is refused", ann, "bread", http.StatusBadRequest, "TOO_MANY_NOTES"},
	} {
		a := c.client.Post("/notes/add", map[string]any{"text": c.text})
		if a.Status != c.want || a.Text(t, "code") != c.code || strings.Contains(a.Body, "userId") {
			t.Errorf("%s: got %d %s", c.name, a.Status, a.Body)
		}
	}
}
