package database_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/postgres"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqltest"
	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
)

// BenchmarkGetSessionOnPostgres is what a page view costs without a cache, on one
// connection: the server, the driver and the database.
func BenchmarkGetSessionOnPostgres(b *testing.B) {
	a, err := postgres.Open(b.Context(), sqltest.Postgres(b), postgres.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = a.Close(b.Context()) })
	s := authtest.New(b, func(o *core.Options) {
		o.Database, o.Logger = a, core.Logger{Disabled: true}
	})
	if _, err := a.Apply(b.Context(), s.Tables(), nil); err != nil {
		b.Fatal(err)
	}
	c := s.Client()
	c.SignUp("a@example.com", "password123")
	r := c.Request(http.MethodGet, "/get-session", nil)
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		s.Auth.ServeHTTP(w, r)
		if w.Code != http.StatusOK || w.Body.Len() < 100 {
			b.Fatalf("answered %d %s", w.Code, w.Body)
		}
	}
}
