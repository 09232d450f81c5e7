package twofactor

import (
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/user"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// BackupCodeInput is the body of POST /two-factor/verify-backup-code.
type BackupCodeInput struct {
	CodeInput

	DisableSession *bool `json:"disableSession" doc:"Only spend the code: no session begins"`
}

// BackupCodesOutput is a list of backup codes.
type BackupCodesOutput struct {
	Status      bool     `json:"status"`
	BackupCodes []string `json:"backupCodes" doc:"Codes that are good once each"`
}

// ViewBackupCodesInput names the user whose codes the application wants to see.
type ViewBackupCodesInput struct {
	UserID string `json:"userId" check:"coerce"`
}

func (p *Plugin) setUpBackupCodes(s *core.Setup) {
	p.VerifyBackupCode = core.Route(s, core.Endpoint[BackupCodeInput, VerifiedOutput]{
		Method: http.MethodPost, Path: useBackupsPath, OperationID: "verifyBackupCode",
		Summary: "Show a backup code, which is spent with it",
		Doc:     core.Doc{Success: "The user is signed in", Answers: refusals},
		Handle:  p.verifyBackupCode,
	})
	p.GenerateBackupCodes = core.Route(s, core.Endpoint[PasswordInput, BackupCodesOutput]{
		Method: http.MethodPost, Path: newBackupsPath, OperationID: "generateBackupCodes",
		Summary: "Make new backup codes in the place of those of before",
		Doc:     core.Doc{Success: "The new codes; this is the only time that they are shown"},
		Use:     []core.Middleware{core.RequireSensitiveSession},
		Handle:  p.generateBackupCodes,
	})
	p.ViewBackupCodes = core.Route(s, core.Endpoint[ViewBackupCodesInput, BackupCodesOutput]{
		Method: http.MethodPost, ServerOnly: true, OperationID: "viewBackupCodes",
		Summary: "See the backup codes that a user has left",
		Handle:  p.viewBackupCodes,
	})
}

func (p *Plugin) verifyBackupCode(c *core.Ctx, in BackupCodeInput) (*VerifiedOutput, error) {
	cl, err := p.claimant(c)
	if err != nil {
		return nil, err
	}
	e, ok, err := p.store.of(c.Context(), cl.user.ID)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, ErrBackupCodesNotEnabled
	}
	codes, err := p.openCodes(c, e)
	if err != nil {
		return nil, err
	}
	if err := p.beginTry(c, cl, &e); err != nil {
		return nil, err
	}
	left, right := without(codes, in.Code)
	if !right {
		return nil, ErrInvalidBackupCode
	}
	kept, err := p.sealCodes(c, left)
	if err != nil {
		return nil, err
	}
	spend := func() error { return p.replaceCodes(c, e, kept) }
	bare := in.DisableSession != nil && *in.DisableSession
	if cl.signsIn() && !bare {
		return p.complete(c, cl, in.TrustDevice, spend)
	}
	if !cl.signsIn() {
		if err := spend(); err != nil {
			return nil, err
		}
		return p.verified(c, cl), nil
	}
	err = c.Tx(func() error {
		if err := p.lock(c, cl.user.ID); err != nil {
			return err
		}
		if err := spend(); err != nil {
			return err
		}
		if err := p.stillKnown(c, cl); err != nil {
			return err
		}
		return p.forgive(c, cl.user)
	})
	if err != nil {
		return nil, err
	}
	return &VerifiedOutput{User: p.auth.Users().Output(cl.user)}, nil
}

func (p *Plugin) generateBackupCodes(c *core.Ctx, in PasswordInput) (*BackupCodesOutput, error) {
	u, err := p.owner(c)
	if err != nil {
		return nil, err
	}
	if !enabled(u) {
		return nil, ErrTwoFactorNotEnabled
	}
	verified, err := p.checkPassword(c, in.Password)
	if err != nil {
		return nil, err
	}
	e, ok, err := p.store.of(c.Context(), u.ID)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, ErrTwoFactorNotEnabled
	}
	codes := p.newCodes()
	kept, err := p.sealCodes(c, codes)
	if err != nil {
		return nil, err
	}
	err = p.changing(c, verified, func(u user.User) error {
		if !enabled(u) {
			return ErrTwoFactorNotEnabled
		}
		// Of several at once one list counts, and nobody else is shown one.
		return p.replaceCodes(c, e, kept)
	})
	if err != nil {
		return nil, err
	}
	noStore(c)
	return &BackupCodesOutput{Status: true, BackupCodes: codes}, nil
}

func (p *Plugin) viewBackupCodes(c *core.Ctx, in ViewBackupCodesInput) (*BackupCodesOutput, error) {
	e, ok, err := p.store.of(c.Context(), in.UserID)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, ErrBackupCodesNotEnabled
	}
	codes, err := p.openCodes(c, e)
	if err != nil {
		return nil, err
	}
	if codes == nil {
		return nil, errUnreadableCodes
	}
	return &BackupCodesOutput{Status: true, BackupCodes: codes}, nil
}

// replaceCodes puts a list in the place of the one that was read. A list that has
// changed since stays, so that no code of it comes back.
func (p *Plugin) replaceCodes(c *core.Ctx, e enrolment, kept string) error {
	ok, err := p.store.change(c.Context(), e, db.Where{db.By("backupCodes", e.BackupCodes)}, db.Row{"backupCodes": kept})
	if err == nil && !ok {
		return errCodesChanged
	}
	return err
}

const codeLetters = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// newCodes makes a list of backup codes, with a dash behind the fifth character.
func (p *Plugin) newCodes() []string {
	o := &p.opts.BackupCodes
	if o.CustomBackupCodesGenerate != nil {
		return o.CustomBackupCodesGenerate()
	}
	codes := make([]string, o.Amount)
	for i := range codes {
		code := p.auth.RandomText(o.Length, codeLetters)
		codes[i] = code[:5] + "-" + code[5:]
	}
	return codes
}

// without is a list without a code that is in it. Every code is compared, in
// constant time.
func without(codes []string, given string) (left []string, found bool) {
	left = slices.DeleteFunc(slices.Clone(codes), func(code string) bool {
		return subtle.ConstantTimeCompare([]byte(code), []byte(given)) == 1
	})
	return left, len(left) < len(codes)
}

// sealCodes gives a list the form in which it is stored.
func (p *Plugin) sealCodes(c *core.Ctx, codes []string) (string, error) {
	if codes == nil {
		codes = []string{}
	}
	text, err := wire.Marshal(codes)
	if err != nil {
		return "", err
	}
	switch how := p.opts.BackupCodes.StoreBackupCodes; {
	case how.Encrypt != nil:
		return how.Encrypt(c.Context(), string(text))
	case how.Plain:
		return string(text), nil
	}
	return p.auth.Keys().Encrypt(string(text))
}

// openCodes reads a stored list. One that is no list of texts is nil.
func (p *Plugin) openCodes(c *core.Ctx, e enrolment) (codes []string, err error) {
	text := e.BackupCodes
	switch how := p.opts.BackupCodes.StoreBackupCodes; {
	case how.Decrypt != nil:
		text, err = how.Decrypt(c.Context(), text)
	case !how.Plain:
		text, err = p.auth.Keys().Decrypt(text)
	}
	if err != nil {
		return nil, err
	}
	if json.Unmarshal([]byte(text), &codes) != nil {
		return nil, nil
	}
	return codes, nil
}
