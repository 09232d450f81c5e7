package routes

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/input"
	"github.com/gatehouse-auth/gatehouse/core/secret"
	"github.com/gatehouse-auth/gatehouse/core/user"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// emailTokenKind is what a link that was mailed is good for, in upstream's words.
type emailTokenKind string

const (
	verifyAddress    emailTokenKind = ""                          // proves the user's address
	confirmChange    emailTokenKind = "change-email-confirmation" // the old address agrees to a change
	verifyNewAddress emailTokenKind = "change-email-verification" // the new address is reached: the change happens
)

// emailToken is what such a link carries: a JWT under the server's secret, of
// upstream's form. It is good as long as the user has the address, which is the
// user's when the token was made.
type emailToken struct {
	Kind     emailTokenKind
	Email    string // lower case
	UserID   string // "" in a verification that 1.6.9 has made
	UpdateTo string // the new address of a change, lower case; else ""
	// Credential stands for the password that the user had when a change was
	// asked for: another one since then takes the link back. "" in a token that
	// another server of the same secret has made.
	Credential string
}

// newEmailToken signs a token. 1.6.9 reads it too: it skips what it does not know.
func (p *Plugin) newEmailToken(c *core.Ctx, t emailToken) (string, error) {
	claims := wire.ObjectOf("email", user.NormalizeEmail(t.Email))
	if t.Kind != verifyAddress {
		claims.Set("updateTo", user.NormalizeEmail(t.UpdateTo))
		claims.Set("requestType", string(t.Kind))
	}
	claims.Set("userId", t.UserID)
	if t.Kind != verifyAddress {
		credential, err := p.credentialMark(c, t.UserID)
		if err != nil {
			return "", err
		}
		claims.Set("credential", credential)
	}
	raw, err := wire.Marshal(claims)
	if err != nil {
		return "", err
	}
	return p.auth.Keys().SignJWT(json.RawMessage(raw), p.auth.Options().EmailVerification.ExpiresIn, c.Now())
}

// errEmailToken is the answer to a link that no mail of this server contained.
var errEmailToken = core.ErrInvalidToken.WithStatus(http.StatusUnauthorized)

// readEmailToken is nil with the error to answer when a text is not a token, or
// no longer one.
func (p *Plugin) readEmailToken(c *core.Ctx, text string) (*emailToken, *core.Error) {
	raw, err := p.auth.Keys().VerifyJWT(text, c.Now())
	if errors.Is(err, secret.ErrExpired) {
		return nil, core.ErrTokenExpired
	}
	if err != nil {
		return nil, errEmailToken
	}
	claims, err := wire.Decode([]byte(raw), wire.Limits{})
	if err != nil {
		return nil, errEmailToken
	}
	if o, ok := claims.(*wire.Object); ok {
		if t, ok := emailTokenOf(o); ok {
			return &t, nil
		}
	}
	return nil, errEmailToken
}

// emailTokenOf wants exactly the claims of one kind, because the same secret
// signs sessions, and plugins' tokens. A change names the user, as since 1.7:
// 1.6.9 gives it to whoever has the old address. Without a requestType a change
// would need no proof of the new address; no version since 1.6.9 has sent one.
func emailTokenOf(claims *wire.Object) (t emailToken, ok bool) {
	members := map[string]*string{
		"email": &t.Email, "userId": &t.UserID, "updateTo": &t.UpdateTo, "requestType": (*string)(&t.Kind),
		"credential": &t.Credential,
	}
	for name, v := range claims.All() {
		if name == "iat" || name == "exp" {
			continue // VerifyJWT has judged them
		}
		text, isText := v.(string)
		if members[name] == nil || !isText || text == "" {
			return emailToken{}, false
		}
		*members[name] = text
	}
	if t.Email == "" || !claims.Has("iat") || !claims.Has("exp") {
		return emailToken{}, false
	}
	t.Email, t.UpdateTo = user.NormalizeEmail(t.Email), user.NormalizeEmail(t.UpdateTo)
	switch t.Kind {
	case verifyAddress:
		return t, t.UpdateTo == "" && t.Credential == ""
	case confirmChange, verifyNewAddress:
		return t, t.UserID != "" && input.IsEmail(t.UpdateTo)
	}
	return emailToken{}, false
}

// credentialMark stands for a user's password in a token: it changes with it,
// and tells nothing about it.
func (p *Plugin) credentialMark(c *core.Ctx, userID string) (string, error) {
	credential, _, err := p.auth.Accounts().WithPassword(c.Context(), userID)
	if err != nil {
		return "", err
	}
	signed := p.auth.Keys().Sign("change-email " + userID + " " + credential.Hash())
	return signed[strings.LastIndexByte(signed, '.')+1:], nil
}
