package twofactor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/user"
)

// Options configures the plugin. The zero value is the default.
type Options struct {
	// Issuer is what authenticator apps show beside the address of the user; the
	// name of the application unless set.
	Issuer string `opt:"issuer"`
	// TwoFactorTable is the name of the table; "twoFactor" unless set.
	TwoFactorTable string `opt:"twoFactorTable"`

	TOTP        TOTPOptions       `opt:"totpOptions"`
	OTP         OTPOptions        `opt:"otpOptions"`
	BackupCodes BackupCodeOptions `opt:"backupCodeOptions"`

	// SkipVerificationOnEnable switches the second factor on before a first code of
	// the app has shown that the user's app works.
	SkipVerificationOnEnable bool `opt:"skipVerificationOnEnable"`
	// AllowPasswordless lets users who have no password change their second factor
	// without one.
	AllowPasswordless bool `opt:"allowPasswordless"`
	// CookieMaxAge is how long a challenge lasts; 10 minutes unless set.
	CookieMaxAge time.Duration `opt:"twoFactorCookieMaxAge"`
	// TrustDeviceMaxAge is how long a trusted browser is not asked, from its last
	// sign-in; 30 days unless set.
	TrustDeviceMaxAge time.Duration `opt:"trustDeviceMaxAge"`
	// AccountLockout is an option of 1.7.
	AccountLockout AccountLockout `opt:"accountLockout"`
	Schema         Schema         `opt:"schema"`
}

// TOTPOptions are about codes of authenticator apps.
type TOTPOptions struct {
	Digits int           `opt:"digits"` // 6 unless set; 6 to 8
	Period time.Duration `opt:"period"` // 30 seconds unless set; whole seconds
	// BackupCodes are used where Options.BackupCodes says nothing.
	BackupCodes BackupCodeOptions `opt:"backupCodes"`
	// AllowPasswordless is that of Options unless set, for the URI.
	AllowPasswordless *bool `opt:"allowPasswordless"`
	Disable           bool  `opt:"disable"` // refuses codes of apps
}

// OTPOptions are about codes that are sent.
type OTPOptions struct {
	// SendOTP sends a code. Without it there are no such codes.
	SendOTP func(ctx context.Context, m Message) error `opt:"sendOTP,sender"`

	Period          time.Duration `opt:"period"`          // lifetime of a code; 3 minutes unless set
	Digits          int           `opt:"digits"`          // 6 unless set; 4 to 16
	AllowedAttempts int           `opt:"allowedAttempts"` // wrong tries of one code; 5 unless set
	StoreOTP        OTPStorage    `opt:"storeOTP"`
}

// Message is what SendOTP sends: a code for its user.
type Message struct {
	User user.User
	OTP  string
}

// OTPStorage is how codes are stored until they are used. The zero value stores them
// as they are. At most one of the others is set.
type OTPStorage struct {
	Encrypted bool // with the server's secret
	Hashed    bool // as SHA-256 in base64url
	// Hash stores what it returns instead.
	Hash func(ctx context.Context, otp string) (string, error)
	// Encrypt and Decrypt are the application's own encryption.
	Encrypt, Decrypt func(ctx context.Context, text string) (string, error)
}

// BackupCodeOptions are about backup codes.
type BackupCodeOptions struct {
	Amount int `opt:"amount"` // 10 unless set
	Length int `opt:"length"` // 10 unless set, the dash not counted; 8 at least
	// CustomBackupCodesGenerate makes the codes in the application's own way.
	CustomBackupCodesGenerate func() []string `opt:"customBackupCodesGenerate,code"`

	StoreBackupCodes BackupCodeStorage `opt:"storeBackupCodes"`
	// AllowPasswordless is that of Options unless set, for new codes.
	AllowPasswordless *bool `opt:"allowPasswordless"`
}

// BackupCodeStorage is how backup codes are stored. The zero value encrypts them with
// the server's secret.
type BackupCodeStorage struct {
	Plain bool // as they are
	// Encrypt and Decrypt are the application's own encryption.
	Encrypt, Decrypt func(ctx context.Context, text string) (string, error)
}

func (s BackupCodeStorage) isZero() bool { return !s.Plain && s.Encrypt == nil && s.Decrypt == nil }

// AccountLockout refuses second factors of a user after too many wrong ones in a
// row, whatever the factor and the sign-in.
type AccountLockout struct {
	Disabled          bool          `opt:"enabled,not"`
	MaxFailedAttempts int           `opt:"maxFailedAttempts"` // 10 unless set
	Duration          time.Duration `opt:"durationSeconds"`   // 15 minutes unless set
}

// Schema renames the table, and columns of it and of the user's.
type Schema struct {
	User      core.FieldNames `opt:"user"` // of the field twoFactorEnabled
	TwoFactor core.TableNames `opt:"twoFactor"`
}

// check finds what would be unsafe, or would not work.
func (o Options) check() error {
	var errs []error
	refuse := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	outside := func(n, low, high int) bool { return n != 0 && (n < low || n > high) }
	refuse(outside(o.TOTP.Digits, 6, 8), "totpOptions.digits is %d, and has to be 6, 7 or 8", o.TOTP.Digits)
	refuse(o.TOTP.Period < 0 || o.TOTP.Period%time.Second != 0, "totpOptions.period has to be whole seconds")
	refuse(outside(o.OTP.Digits, 4, 16), "otpOptions.digits is %d, and has to be 4 to 16", o.OTP.Digits)
	refuse(outside(o.OTP.AllowedAttempts, 1, 1000), "otpOptions.allowedAttempts is %d, and has to be 1 to 1000", o.OTP.AllowedAttempts)
	refuse(o.OTP.Period < 0, "otpOptions.period is negative")
	for name, b := range map[string]BackupCodeOptions{"backupCodeOptions": o.BackupCodes, "totpOptions.backupCodes": o.TOTP.BackupCodes} {
		refuse(outside(b.Amount, 1, 1000), "%s.amount is %d, and has to be 1 to 1000", name, b.Amount)
		refuse(outside(b.Length, 8, 256), "%s.length is %d, and has to be 8 to 256", name, b.Length)
		refuse((b.StoreBackupCodes.Encrypt == nil) != (b.StoreBackupCodes.Decrypt == nil), "%s.storeBackupCodes needs encrypt and decrypt", name)
	}
	refuse((o.OTP.StoreOTP.Encrypt == nil) != (o.OTP.StoreOTP.Decrypt == nil), "otpOptions.storeOTP needs encrypt and decrypt")
	refuse(o.CookieMaxAge < 0, "twoFactorCookieMaxAge is negative")
	refuse(o.TrustDeviceMaxAge < 0, "trustDeviceMaxAge is negative")
	refuse(outside(o.AccountLockout.MaxFailedAttempts, 1, 1000), "accountLockout.maxFailedAttempts is %d, and has to be 1 to 1000", o.AccountLockout.MaxFailedAttempts)
	refuse(o.AccountLockout.Duration < 0, "accountLockout.durationSeconds is negative")
	return errors.Join(errs...)
}

func (o Options) withDefaults() Options {
	o.TOTP.Digits = cmp.Or(o.TOTP.Digits, 6)
	o.TOTP.Period = cmp.Or(o.TOTP.Period, 30*time.Second)
	o.OTP.Period = cmp.Or(o.OTP.Period, 3*time.Minute)
	o.OTP.Digits = cmp.Or(o.OTP.Digits, 6)
	o.OTP.AllowedAttempts = cmp.Or(o.OTP.AllowedAttempts, 5)
	b, more := &o.BackupCodes, o.TOTP.BackupCodes
	b.Amount = cmp.Or(b.Amount, more.Amount, 10)
	b.Length = cmp.Or(b.Length, more.Length, 10)
	if b.CustomBackupCodesGenerate == nil {
		b.CustomBackupCodesGenerate = more.CustomBackupCodesGenerate
	}
	if b.StoreBackupCodes.isZero() {
		b.StoreBackupCodes = more.StoreBackupCodes
	}
	b.AllowPasswordless = cmp.Or(b.AllowPasswordless, more.AllowPasswordless, &o.AllowPasswordless)
	o.TOTP.AllowPasswordless = cmp.Or(o.TOTP.AllowPasswordless, &o.AllowPasswordless)
	o.CookieMaxAge = cmp.Or(o.CookieMaxAge, 10*time.Minute)
	o.TrustDeviceMaxAge = cmp.Or(o.TrustDeviceMaxAge, 30*24*time.Hour)
	o.AccountLockout.MaxFailedAttempts = cmp.Or(o.AccountLockout.MaxFailedAttempts, 10)
	o.AccountLockout.Duration = cmp.Or(o.AccountLockout.Duration, 15*time.Minute)
	return o
}
