package jwt

import (
	"errors"
	"net/http"

	"github.com/gatehouse-auth/gatehouse/core"
)

// errNotHere answers the endpoint of the keys when others publish them.
var errNotHere = core.NewError(http.StatusNotFound, "", "")

// ErrNoIssuer reports a call that has no base URL to name as issuer or audience: one
// in process, without a request, of a server without a base URL.
var ErrNoIssuer = errors.New("a token needs an issuer and an audience: set baseURL, or jwt.issuer and jwt.audience")

// ErrInvalidToken reports a token that Verify does not take.
var ErrInvalidToken = errors.New("the token is not valid")

// ErrPrivateKey reports a stored private key that cannot be used. The secret has
// changed since it was encrypted, or the row was damaged.
var ErrPrivateKey = errors.New("the private key cannot be used")
