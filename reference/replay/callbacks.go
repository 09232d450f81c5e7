package replay

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/user"
)

type callback = func(ctx context.Context, u user.User) error

// callbacks are the options that take a function which is told something, by
// their path. A scenario names them in calls and refuses.
func callbacks(o *core.Options) map[string]*callback {
	return map[string]*callback{
		"emailAndPassword.onExistingUserSignUp":     &o.EmailAndPassword.OnExistingUserSignUp,
		"emailAndPassword.onPasswordReset":          &o.EmailAndPassword.OnPasswordReset,
		"emailVerification.beforeEmailVerification": &o.EmailVerification.BeforeEmailVerification,
		"emailVerification.afterEmailVerification":  &o.EmailVerification.AfterEmailVerification,
		"user.deleteUser.beforeDelete":              &o.User.DeleteUser.BeforeDelete,
		"user.deleteUser.afterDelete":               &o.User.DeleteUser.AfterDelete,
	}
}

// errRefused is what a callback in refuses answers, here and in the recorder.
var errRefused = core.NewError(http.StatusBadRequest, "REFUSED", "Refused by the scenario")

// heard keeps the calls of a step in their order, in the form of a recording.
type heard struct {
	mu    sync.Mutex
	calls []any
}

func (h *heard) listen(o *core.Options, s *Scenario) error {
	known := organizationHooks(o)
	for name, f := range callbacks(o) {
		known[name] = func(set callback) { *f = set }
	}
	for _, name := range append(slices.Clone(s.Calls), s.Refuses...) {
		set := known[name]
		if set == nil {
			return fmt.Errorf("%s is no callback", name)
		}
		refuses := slices.Contains(s.Refuses, name)
		set(func(_ context.Context, u user.User) error {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.calls = append(h.calls, map[string]any{"call": name, "user": u})
			if refuses {
				return errRefused
			}
			return nil
		})
	}
	return nil
}

// take returns the calls since the last time.
func (h *heard) take() ([]any, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	calls := h.calls
	h.calls = nil
	for _, c := range calls {
		call, _ := c.(map[string]any)
		u, _ := call["user"].(user.User)
		shown, err := plain(given(u))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", call["call"], err)
		}
		call["user"] = shown
	}
	return calls, nil
}

// given is a user with everything that the application gets to see.
func given(u user.User) map[string]any {
	fields := map[string]any{
		"id": u.ID, "name": u.Name, "email": u.Email, "emailVerified": u.EmailVerified, "image": u.Image,
		"createdAt": u.CreatedAt, "updatedAt": u.UpdatedAt,
	}
	maps.Copy(fields, u.Extra)
	return fields
}
