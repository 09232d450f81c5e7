package account

import (
	"strings"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// Summary is what an answer tells of an account: no token and no password.
type Summary struct {
	AccountID  string    `json:"accountId" doc:"The provider's id of the user; for a password, the user's own id"`
	ProviderID string    `json:"providerId" doc:"The provider, or \"credential\" for a password"`
	UserID     string    `json:"userId" doc:"The id of the user"`
	CreatedAt  time.Time `json:"createdAt"`
	UpdatedAt  time.Time `json:"updatedAt"`
	// Extra holds the fields that options and plugins have added.
	Extra  *wire.Object `json:",rest"`
	ID     string       `json:"id"`
	Scopes []string     `json:"scopes" doc:"What the user has allowed the server to do at the provider"`
}

// Output returns what of a record may leave the server.
func (s *Store) Output(a Account) Summary {
	extra := wire.NewObject()
	names, kept := s.model.Admit(a.Extra)
	for _, name := range names {
		extra.Set(name, kept[name])
	}
	return Summary{
		AccountID: a.AccountID, ProviderID: a.ProviderID, UserID: a.UserID,
		CreatedAt: a.CreatedAt, UpdatedAt: a.UpdatedAt, Extra: extra, ID: a.ID, Scopes: a.Scopes(),
	}
}

// Scopes are what the user has allowed at the provider. They are stored in one
// text, with commas between.
func (a Account) Scopes() []string {
	scopes := []string{}
	if a.Scope == nil {
		return scopes
	}
	for scope := range strings.SplitSeq(*a.Scope, ",") {
		if scope = strings.TrimSpace(scope); scope != "" {
			scopes = append(scopes, scope)
		}
	}
	return scopes
}
