package gatehouse_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/db/memory"
	"github.com/gatehouse-auth/gatehouse/core/routes"
	gatehouse "github.com/gatehouse-auth/gatehouse/facade"
)

func newAuth() (*gatehouse.Auth, error) {
	return gatehouse.New(gatehouse.Options{
		BaseURL:          "http://localhost:3000",
		Secret:           "a-secret-of-the-example-0123456789-abcdef",
		Database:         memory.New(),
		EmailAndPassword: gatehouse.EmailAndPassword{Enabled: true},
	})
}

// A server is an http.Handler; mount it below its base path.
func Example() {
	auth, err := newAuth()
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.Handle("/api/auth/", auth)

	rec := httptest.NewRecorder()
	mux.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "http://localhost:3000/api/auth/ok", nil))
	fmt.Println(rec.Code, rec.Body)
	// Output: 200 {"ok":true}
}

func TestTheEndpointsCanBeCalledInProcess(t *testing.T) {
	auth, err := newAuth()
	if err != nil {
		t.Fatal(err)
	}
	out, err := auth.Core.SignUpEmail.Call(t.Context(), routes.SignUpEmailInput{Name: "Ada", Email: "Ada@example.com", Password: "correct horse"})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(out.User)
	if err != nil || out.User.Email != "ada@example.com" || !strings.Contains(string(text), `"email":"ada@example.com"`) {
		t.Errorf("user %s, %v", text, err)
	}
}

func TestAConfigurationThatIsWrongIsAnError(t *testing.T) {
	if _, err := gatehouse.New(gatehouse.Options{MaxBodyBytes: -1}); err == nil || !strings.Contains(err.Error(), "maxBodyBytes") || !strings.Contains(err.Error(), "secret") {
		t.Errorf("error %v", err)
	}
}
