package routes_test

import (
	"net/http"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/authtest"
)

func TestSmoke(t *testing.T) {
	s := authtest.New(t)
	c := s.Client()
	a := c.SignUp("A@b.co", "password123")
	t.Log(a.Body, a.Header)
	a = c.Get("/get-session")
	t.Log(a.Status, a.Body, a.Header)
	a = c.Get("/list-sessions")
	t.Log(a.Status, a.Body)
	a = c.Post("/sign-out", nil)
	t.Log(a.Status, a.Body, a.Header)
	a = c.Post("/sign-in/email", map[string]any{"email": "a@b.co", "password": "password123"})
	t.Log(a.Status, a.Body, a.Header)
	a = c.Post("/sign-in/email", map[string]any{"email": "a@b.co", "password": "password12"})
	t.Log(a.Status, a.Body, a.Header)
	if a.Status != http.StatusUnauthorized {
		t.Fail()
	}
}
