package twofactor

import (
	"net/http"

	"github.com/gatehouse-auth/gatehouse/core"
)

// Errors of the plugin, with upstream's codes and messages.
var (
	ErrOTPNotEnabled         = core.NewError(http.StatusBadRequest, "OTP_NOT_ENABLED", "OTP not enabled")
	ErrOTPExpired            = core.NewError(http.StatusBadRequest, "OTP_HAS_EXPIRED", "OTP has expired")
	ErrTOTPNotEnabled        = core.NewError(http.StatusBadRequest, "TOTP_NOT_ENABLED", "TOTP not enabled")
	ErrTwoFactorNotEnabled   = core.NewError(http.StatusBadRequest, "TWO_FACTOR_NOT_ENABLED", "Two factor isn't enabled")
	ErrBackupCodesNotEnabled = core.NewError(http.StatusBadRequest, "BACKUP_CODES_NOT_ENABLED", "Backup codes aren't enabled")
	ErrInvalidBackupCode     = core.NewError(http.StatusUnauthorized, "INVALID_BACKUP_CODE", "Invalid backup code")
	ErrInvalidCode           = core.NewError(http.StatusUnauthorized, "INVALID_CODE", "Invalid code")
	ErrTooManyAttempts       = core.NewError(http.StatusBadRequest, "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE", "Too many attempts. Please request a new code.")
	ErrInvalidCookie         = core.NewError(http.StatusUnauthorized, "INVALID_TWO_FACTOR_COOKIE", "Invalid two factor cookie")

	// Of 1.7.
	ErrTOTPAlreadyEnabled = core.NewError(http.StatusBadRequest, "TOTP_ALREADY_ENABLED", "TOTP is already enabled")
	ErrAccountLocked      = core.NewError(http.StatusTooManyRequests, "ACCOUNT_TEMPORARILY_LOCKED", "Too many failed verification attempts. Your account is temporarily locked. Please try again later.")
	errOTPNotAvailable    = core.NewError(http.StatusBadRequest, "OTP_NOT_CONFIGURED", "OTP is not available")
	errTOTPNotAvailable   = core.NewError(http.StatusBadRequest, "TOTP_NOT_CONFIGURED", "TOTP is not available")

	// Where 1.6.9 has no code in its list.
	ErrOTPNotConfigured  = errOTPNotAvailable.WithMessage("otp isn't configured")
	ErrTOTPNotConfigured = errTOTPNotAvailable.WithMessage("totp isn't configured")
	errNoSession         = core.NewError(http.StatusInternalServerError, "FAILED_TO_CREATE_SESSION", "failed to create session")
	errCodesChanged      = core.NewError(http.StatusConflict, "", "Failed to verify backup code. Please try again.")
	errUnreadableCodes   = ErrInvalidBackupCode.WithStatus(http.StatusBadRequest)
)

var errorCodes = []*core.Error{
	ErrOTPNotEnabled, ErrOTPExpired, ErrTOTPNotEnabled, ErrTwoFactorNotEnabled, ErrBackupCodesNotEnabled,
	ErrInvalidBackupCode, errUnreadableCodes, ErrInvalidCode, ErrTooManyAttempts, ErrInvalidCookie,
	ErrTOTPAlreadyEnabled, ErrAccountLocked, errOTPNotAvailable, errTOTPNotAvailable,
	ErrOTPNotConfigured, ErrTOTPNotConfigured, errNoSession, errCodesChanged,
	core.ErrInvalidPassword, core.ErrPasswordTooLong, core.ErrCreateSession, core.ErrUpdateUser, core.ErrUnauthorized,
}
