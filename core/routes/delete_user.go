package routes

import (
	"context"
	"net/http"

	"github.com/gatehouse-auth/gatehouse/core"
)

// DeleteUserInput is the body of POST /delete-user.
type DeleteUserInput struct {
	CallbackURL *string `json:"callbackURL" doc:"Where the link in the mail leads when the user is deleted"`
	Password    *string `json:"password" doc:"The user's password; needed when the session is not fresh and no mail asks"`
	Token       *string `json:"token" doc:"The token of the mail"`
}

// DeleteUserOutput tells whether the user is gone, or has mail.
type DeleteUserOutput struct {
	Success bool   `json:"success"`
	Message string `json:"message" doc:"\"User deleted\" or \"Verification email sent\""`
}

var (
	errDeletionDisabled = core.NewError(http.StatusNotFound, "", "")
	errSessionExpired   = core.NewError(http.StatusBadRequest, "SESSION_EXPIRED", "Session expired. Re-authenticate to perform this action.")
	errUserKept         = core.NewError(http.StatusBadRequest, "FAILED_TO_DELETE_USER", "Failed to delete user")
	errNoDeletionToken  = core.ErrInvalidToken.WithStatus(http.StatusNotFound)
)

// A token of a deletion is 32 of these, as upstream's.
const (
	deletionTokenLength   = 32
	deletionTokenAlphabet = "0123456789abcdefghijklmnopqrstuvwxyz"
)

func (p *Plugin) setUpDeleteUser(s *core.Setup) {
	p.DeleteUser = core.Route(s, core.Endpoint[DeleteUserInput, DeleteUserOutput]{
		Method: http.MethodPost, Path: "/delete-user", OperationID: "deleteUser",
		Summary: "Delete the signed-in user, or ask by mail whether to",
		Doc: core.Doc{
			Success: "The user is deleted, or a mail asks",
			Answers: map[int]string{http.StatusNotFound: "Users cannot delete themselves here, or the token is not good for this user."},
		},
		Use:    []core.Middleware{core.RequireSensitiveSession},
		Handle: p.deleteUser,
	})
	s.ErrorCodes(core.ErrCredentialNotFound, core.ErrInvalidPassword, core.ErrPasswordTooLong, core.ErrUnauthorized,
		errDeletionDisabled, errSessionExpired, errNoDeletionToken, errUserKept)
}

func (p *Plugin) deleteUser(c *core.Ctx, in DeleteUserInput) (*DeleteUserOutput, error) {
	o := &p.auth.Options().User.DeleteUser
	if !o.Enabled {
		return nil, errDeletionDisabled
	}
	password, token := valueOf(in.Password), valueOf(in.Token)
	if password != "" {
		if _, err := p.checkOwnPassword(c, password); err != nil {
			return nil, err
		}
	}
	switch {
	case token != "":
		return userDeleted(p.deleteByToken(c, token))
	case o.SendDeleteAccountVerification != nil:
		if err := p.mailDeletion(c, in.CallbackURL); err != nil {
			return nil, err
		}
		return &DeleteUserOutput{Success: true, Message: "Verification email sent"}, nil
	case password == "" && !c.SessionIsFresh():
		return nil, errSessionExpired
	}
	return userDeleted(p.deleteBySession(c))
}

func userDeleted(err error) (*DeleteUserOutput, error) {
	if err != nil {
		return nil, err
	}
	return &DeleteUserOutput{Success: true, Message: "User deleted"}, nil
}

// mailDeletion sends the link that deletes, in the background.
func (p *Plugin) mailDeletion(c *core.Ctx, callbackURL *string) error {
	o, u := &p.auth.Options().User.DeleteUser, c.Session().User
	token := p.auth.RandomText(deletionTokenLength, deletionTokenAlphabet)
	_, err := p.auth.Verifications().Create(c.Context(), deletionToken, token, u.ID, c.Now().Add(o.DeleteTokenExpiresIn))
	if err != nil {
		return err
	}
	mail := core.DeleteAccountEmail{
		User: u, Token: token,
		URL: c.BaseURL() + "/delete-user/callback?token=" + token + "&callbackURL=" + encodedTarget(callbackURL),
	}
	c.Go("sendDeleteAccountVerification", func(ctx context.Context) error { return o.SendDeleteAccountVerification(ctx, mail) })
	return nil
}
