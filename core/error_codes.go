package core

import "net/http"

// Errors of the core, with upstream's codes and messages. The status is the one
// that upstream throws the code with; where it uses several, the throwing place
// calls WithStatus.
var (
	ErrInvalidEmail           = NewError(http.StatusBadRequest, "INVALID_EMAIL", "Invalid email")
	ErrInvalidPassword        = NewError(http.StatusBadRequest, "INVALID_PASSWORD", "Invalid password")
	ErrPasswordTooShort       = NewError(http.StatusBadRequest, "PASSWORD_TOO_SHORT", "Password too short")
	ErrPasswordTooLong        = NewError(http.StatusBadRequest, "PASSWORD_TOO_LONG", "Password too long")
	ErrInvalidEmailOrPassword = NewError(http.StatusUnauthorized, "INVALID_EMAIL_OR_PASSWORD", "Invalid email or password")
	ErrEmailNotVerified       = NewError(http.StatusForbidden, "EMAIL_NOT_VERIFIED", "Email not verified")
	ErrUserExists             = NewError(http.StatusUnprocessableEntity, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL", "User already exists. Use another email.")
	ErrCreateUser             = NewError(http.StatusUnprocessableEntity, "FAILED_TO_CREATE_USER", "Failed to create user")
	ErrCreateSession          = NewError(http.StatusBadRequest, "FAILED_TO_CREATE_SESSION", "Failed to create session")
	ErrGetSession             = NewError(http.StatusInternalServerError, "FAILED_TO_GET_SESSION", "Failed to get session")
	ErrUnauthorized           = NewError(http.StatusUnauthorized, "UNAUTHORIZED", "Unauthorized")
	ErrSessionNotFresh        = NewError(http.StatusForbidden, "SESSION_NOT_FRESH", "Session is not fresh")
	ErrDeferRequired          = NewError(http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED", "POST method requires deferSessionRefresh to be enabled in session config")
	ErrInvalidToken           = NewError(http.StatusBadRequest, "INVALID_TOKEN", "Invalid token")
	ErrTokenExpired           = NewError(http.StatusUnauthorized, "TOKEN_EXPIRED", "Token expired")
	ErrUserNotFound           = NewError(http.StatusUnauthorized, "USER_NOT_FOUND", "User not found")
	ErrInvalidUser            = NewError(http.StatusUnauthorized, "INVALID_USER", "Invalid user")
	ErrCredentialNotFound     = NewError(http.StatusBadRequest, "CREDENTIAL_ACCOUNT_NOT_FOUND", "Credential account not found")
	ErrUpdateUser             = NewError(http.StatusBadRequest, "FAILED_TO_UPDATE_USER", "Failed to update user")
	ErrBodyMustBeObject       = NewError(http.StatusBadRequest, "BODY_MUST_BE_AN_OBJECT", "Body must be an object")
	ErrInternal               = NewError(http.StatusInternalServerError, "INTERNAL_SERVER_ERROR", "Internal Server Error")

	ErrInvalidOrigin             = NewError(http.StatusForbidden, "INVALID_ORIGIN", "Invalid origin")
	ErrMissingOrigin             = NewError(http.StatusForbidden, "MISSING_OR_NULL_ORIGIN", "Missing or null Origin")
	ErrCrossSiteLogin            = NewError(http.StatusForbidden, "CROSS_SITE_NAVIGATION_LOGIN_BLOCKED", "Cross-site navigation login blocked. This request appears to be a CSRF attack.")
	ErrInvalidCallbackURL        = NewError(http.StatusForbidden, "INVALID_CALLBACK_URL", "Invalid callbackURL")
	ErrInvalidRedirectURL        = NewError(http.StatusForbidden, "INVALID_REDIRECT_URL", "Invalid redirectURL")
	ErrInvalidErrorCallbackURL   = NewError(http.StatusForbidden, "INVALID_ERROR_CALLBACK_URL", "Invalid errorCallbackURL")
	ErrInvalidNewUserCallbackURL = NewError(http.StatusForbidden, "INVALID_NEW_USER_CALLBACK_URL", "Invalid newUserCallbackURL")

	ErrFieldNotAllowed = NewError(http.StatusBadRequest, "FIELD_NOT_ALLOWED", "Field not allowed to be set")
	ErrMissingField    = NewError(http.StatusBadRequest, "MISSING_FIELD", "Field is required")
	ErrValidation      = NewError(http.StatusBadRequest, "VALIDATION_ERROR", "Validation Error")
)

// Errors that 1.6.9 does not have: it answers these requests with an empty 500,
// or not at all. Malformed JSON is answered as since 1.6.34.
var (
	ErrInvalidJSON    = NewError(http.StatusBadRequest, "BAD_REQUEST", "Invalid JSON in request body")
	ErrInvalidForm    = NewError(http.StatusBadRequest, "INVALID_FORM", "The request body is not a valid form")
	ErrBodyTooBig     = NewError(http.StatusRequestEntityTooLarge, "PAYLOAD_TOO_LARGE", "The request body is too large")
	ErrUnreadableBody = NewError(http.StatusBadRequest, "INVALID_BODY", "The request body could not be read")
	ErrURITooLong     = NewError(http.StatusRequestURITooLong, "URI_TOO_LONG", "The query is too long")
	ErrMediaType      = NewError(http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE", "")
	ErrUnknownHost    = NewError(http.StatusBadRequest, "HOST_NOT_ALLOWED", "The host of the request is not allowed")
	ErrBusy           = NewError(http.StatusServiceUnavailable, "SERVICE_BUSY", "The server is busy. Please try again later.").WithHeader("Retry-After", "5")
	// ErrUnavailable answers a request that a storage could not serve.
	ErrUnavailable = NewError(http.StatusServiceUnavailable, "SERVICE_UNAVAILABLE", "The service is temporarily unavailable. Please try again later.").WithHeader("Retry-After", "5")
	ErrClosing     = NewError(http.StatusServiceUnavailable, "SERVICE_CLOSING", "The server is shutting down. Please try again later.").WithHeader("Retry-After", "5")
)

// ErrUnexpected stands for every error that is not an Error: a bare 500. The
// cause is logged and never sent.
var ErrUnexpected = NewError(http.StatusInternalServerError, "", "")

// ErrSessionOver is the answer to a session that ended while it was used.
var ErrSessionOver = ErrGetSession.WithStatus(http.StatusUnauthorized)

// errNotFound is upstream's answer to an unknown path or a wrong method: an empty 404.
var errNotFound = NewError(http.StatusNotFound, "", "")

// errMediaType is upstream's answer to a body of another media type.
func errMediaType(got, allowed string) *Error {
	if got == "" {
		return ErrMediaType.WithMessage("Content-Type is required. Allowed types: " + allowed)
	}
	return ErrMediaType.WithMessage(`Content-Type "` + got + `" is not allowed. Allowed types: ` + allowed)
}
